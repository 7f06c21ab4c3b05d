/** What happened, in words, newest first. It is there to be read, not announced: the status line does that. */

import { find, make } from "./dom.js";

const KEPT = 40;

export class Journal {
  #list = find("journal");
  #start = performance.now();

  /** @param {string} text */
  add(text) {
    const seconds = Math.floor((performance.now() - this.#start) / 1000);
    const time = make("time", { datetime: `PT${seconds}S` }, clock(seconds));
    this.#list.prepend(make("li", {}, time, make("span", {}, text)));
    if (this.#list.childElementCount > KEPT) this.#list.lastElementChild?.remove();
  }
}

/** @param {number} seconds */
function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

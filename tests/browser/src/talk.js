/**
 * A conversation with the demo that goes on for a while, so that a test can break the network in the middle of it:
 * numbered pings at a steady pace, each of which the server's handler answers. It begins with one, to see how long that
 * takes. A front serves it to its empty page.
 */

import { Session } from "/realtime/client.js";

/** In milliseconds. */
const EVERY = 10;

export class Talk {
  #began = performance.now();
  #session = new Session("/realtime", { queue: 10_000 });
  #said = 0;
  /** Milliseconds to the first answer. @type {number | undefined} */
  first;
  /** The numbers in the order of their answers. @type {number[]} */
  answered = [];
  /** With which codes the session ended, though nobody closed it. @type {number[]} */
  ends = [];

  constructor() {
    this.#session.addEventListener("message", ({ data }) => {
      const { type, id } = JSON.parse(data);
      if (type !== "pong") return;
      this.first ??= Math.round(performance.now() - this.#began);
      this.answered.push(id);
    });
    this.#session.addEventListener("close", ({ code }) => this.ends.push(code));
    this.say(1);
  }

  get transport() {
    return this.#session.transport;
  }

  /** Pings so many more times, at a steady pace. @param {number} times */
  say(times) {
    if (times === 0) return;
    this.#said += 1;
    this.#session.send(JSON.stringify({ type: "ping", id: this.#said }));
    setTimeout(() => this.say(times - 1), EVERY);
  }
}

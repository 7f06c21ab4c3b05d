/**
 * The chat: a room shared by every tab. A line that you write shows at once, and counts as said when it comes back
 * from the server, so one written without a network visibly waits for it.
 */

import { find, make, say } from "./dom.js";

const KEPT = 200;
/** What is written over a line that the session's end overtook. */
const FATES = /** @type {Record<string, string>} */ ({
  taken: "You, said as the session ended",
  received: "You, not said: the session ended",
  lost: "You, not said: the session ended",
  unknown: "You, perhaps said: the session ended",
});

export class Chat {
  #log = find("chat-log");
  #input = /** @type {HTMLInputElement} */ (find("chat-input"));
  /** @type {import("./conversation.js").Conversation | undefined} */
  #conversation;
  #name = "";
  #id = 0;
  /** @type {Map<number, HTMLElement>} Lines that have not come back yet. */
  #waiting = new Map();

  constructor() {
    find("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#speak(this.#input.value.trim());
    });
  }

  /**
   * @param {EventTarget} session
   * @param {import("./conversation.js").Conversation} conversation
   */
  attach(session, conversation) {
    this.#conversation = conversation;
    this.#id = 0;
    conversation.on("you", ({ name }) => this.#named(name));
    conversation.on("present", ({ count }) => say(find("chat-present"), present(count)));
    conversation.on("said", (line) => this.#hear(line));
    session.addEventListener("close", (event) => this.#abandon(event.fates));
  }

  /** @param {string} text */
  #speak(text) {
    if (!text || !this.#conversation?.send({ type: "say", id: this.#id + 1, text })) return;
    this.#id += 1;
    this.#input.value = "";
    this.#waiting.set(this.#id, this.#add("You, on its way", text, "mine waiting"));
  }

  /** @param {import("./conversation.js").Message} line */
  #hear({ name, id, text }) {
    const mine = name === this.#name;
    if (mine) this.#settle(id);
    this.#add(mine ? "You" : name, text, mine ? "mine" : "");
  }

  /**
   * The line came back: what stood for it goes.
   * @param {number} id
   */
  #settle(id) {
    this.#waiting.get(id)?.remove();
    this.#waiting.delete(id);
  }

  /**
   * You are in, and the last lines come again; only what was never said stays.
   * @param {string} name
   */
  #named(name) {
    this.#name = name;
    for (const line of [...this.#log.querySelectorAll("p:not(.waiting)")]) line.remove();
    say(find("chat-name"), `You are ${name},`);
  }

  /**
   * The session ended: nobody will answer for these lines, but their fates are known.
   * @param {{ data: unknown, fate: string }[]} fates
   */
  #abandon(fates) {
    const told = new Map(fates.map(({ data, fate }) => [data, fate]));
    for (const [id, line] of this.#waiting) {
      const text = line.lastChild?.textContent;
      const fate = told.get(JSON.stringify({ type: "say", id, text })) ?? "taken";
      say(/** @type {Element} */ (line.firstElementChild), FATES[fate]);
    }
    this.#waiting.clear();
  }

  /**
   * @param {string} who
   * @param {string} text
   * @param {string} kind
   */
  #add(who, text, kind) {
    const log = this.#log;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const line = make("p", { class: kind }, make("b", {}, who), text);
    log.append(line);
    if (log.childElementCount > KEPT) log.firstElementChild?.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
    find("chat-empty").hidden = true;
    return line;
  }
}

/** @param {number} count */
function present(count) {
  return count === 1 ? "alone here" : `${count} here`;
}

/**
 * The numbers of the session: round trip, cursors both ways, and what it all cost. Read a few times a second. The round
 * trip is that of a message to the server's handler and back, over whatever carries the session.
 */

import { find, say } from "./dom.js";

/** How often the round trip is measured anew, in milliseconds. */
const PAUSE = 2000;

export class Facts {
  #network;
  /** @type {import("/realtime/client.js").Session | undefined} */
  #session;
  /** @type {import("./conversation.js").Conversation | undefined} */
  #conversation;
  #links = 0;
  #asked = 0;
  #sentAt = 0;

  /** @param {import("./network.js").Network} network */
  constructor(network) {
    this.#network = network;
    // A page in the background needs no fresh numbers.
    setInterval(() => document.hidden || this.#ask(), PAUSE);
  }

  /**
   * @param {import("/realtime/client.js").Session} session
   * @param {import("./conversation.js").Conversation} conversation
   */
  attach(session, conversation) {
    this.#session = session;
    this.#conversation = conversation;
    this.#links = 0;
    session.addEventListener("open", () => this.#ask());
    session.addEventListener("transport", ({ detail }) => this.#carry(detail.to));
    conversation.on("pong", ({ id }) => this.#hear(id));
    say(find("round-trip"), "–");
  }

  render() {
    const session = this.#session;
    if (!session) return;
    const { up, down } = session.stats;
    const { requests, bytesUp, bytesDown } = this.#network;
    say(find("links"), number(this.#links));
    say(find("requests"), number(requests));
    say(find("bytes-up"), bytes(bytesUp));
    say(find("bytes-down"), bytes(bytesDown));
    say(find("buffered"), bytes(session.bufferedAmount));
    say(find("seq-up-sent"), number(up.sent));
    say(find("seq-up-received"), number(up.received));
    say(find("seq-up-ack"), number(up.ack));
    say(find("seq-down-received"), number(down.received));
    say(find("seq-down-ack"), number(down.received));
  }

  /** A move is measured at once. @param {string | null} to */
  #carry(to) {
    if (!to) return;
    this.#links += 1;
    this.#ask();
  }

  #ask() {
    if (!this.#conversation?.send({ type: "ping", id: this.#asked + 1 })) return;
    this.#asked += 1;
    this.#sentAt = performance.now();
  }

  /** Only the answer to the latest counts. @param {number} id */
  #hear(id) {
    if (id === this.#asked) say(find("round-trip"), `${round(performance.now() - this.#sentAt)} ms`);
  }
}

/** @param {number} count */
function number(count) {
  return count.toLocaleString("en");
}

/** @param {number} milliseconds */
function round(milliseconds) {
  return milliseconds < 10 ? milliseconds.toFixed(1) : String(Math.round(milliseconds));
}

/** @param {number} count */
function bytes(count) {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

/**
 * The stream: 100 numbered messages a second each way, and the counters that stay 0. The page sends here and checks
 * what arrives; the server does the same with the other direction and reports.
 */

import { Check } from "./check.js";
import { find, say } from "./dom.js";

const INTERVAL = 10;
/** A throttled timer catches up by so many messages at a time; a longer pause is forgiven. */
const BURST = 100;
const COUNTERS = /** @type {const} */ (["received", "lost", "repeated", "reordered"]);

export class Stream {
  #button = find("stream");
  /** @type {import("./conversation.js").Conversation | undefined} */
  #conversation;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #sent = 0;
  #owed = 0;
  #last = 0;
  #down = new Check();
  /** The server's view of the other direction. */
  #up = { received: 0, lost: 0, repeated: 0, reordered: 0 };

  constructor() {
    this.#button.addEventListener("click", () => (this.#timer ? this.#stop() : this.#start()));
  }

  /**
   * A new session counts from 1 again.
   * @param {EventTarget} session
   * @param {import("./conversation.js").Conversation} conversation
   */
  attach(session, conversation) {
    session.addEventListener("close", () => this.#halt());
    this.#conversation = conversation;
    this.#sent = 0;
    this.#down = new Check();
    this.#up = { received: 0, lost: 0, repeated: 0, reordered: 0 };
    conversation.on("tick", ({ n }) => this.#down.take(n));
    conversation.on("counts", ({ sent, ...counts }) => this.#report(sent, counts));
  }

  render() {
    for (const counter of COUNTERS) {
      this.#show(`down-${counter}`, this.#down[counter], counter);
      this.#show(`up-${counter}`, this.#up[counter], counter);
    }
    this.#button.dataset.sent = String(this.#sent);
  }

  #start() {
    if (!this.#conversation?.send({ type: "stream", on: true, sent: this.#sent })) return;
    this.#owed = 0;
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#pump(performance.now()), INTERVAL);
    this.#label("Stop the stream", true);
  }

  #stop() {
    if (this.#conversation?.send({ type: "stream", on: false, sent: this.#sent })) this.#halt();
  }

  #halt() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#label("Start the stream", false);
  }

  /** @param {number} now */
  #pump(now) {
    this.#owed = Math.min(this.#owed + (now - this.#last) / INTERVAL, BURST);
    this.#last = now;
    while (this.#owed >= 1 && this.#tick()) this.#owed -= 1;
    // Where the session had no room, the messages were never numbered: the stream goes slower, and loses nothing.
    this.#owed %= 1;
  }

  #tick() {
    const taken = this.#conversation?.send({ type: "tick", n: this.#sent + 1 }) ?? false;
    if (taken) this.#sent += 1;
    return taken;
  }

  /**
   * @param {number} sent
   * @param {Record<string, any>} counts
   */
  #report(sent, counts) {
    this.#down.expect(sent);
    Object.assign(this.#up, counts);
  }

  /**
   * @param {string} id
   * @param {number} count
   * @param {string} counter
   */
  #show(id, count, counter) {
    const cell = find(id);
    say(cell, count.toLocaleString("en"));
    cell.dataset.count = String(count);
    cell.toggleAttribute("data-bad", counter !== "received" && count > 0);
  }

  /**
   * @param {string} text
   * @param {boolean} running
   */
  #label(text, running) {
    say(this.#button, text);
    this.#button.dataset.running = String(running);
  }
}

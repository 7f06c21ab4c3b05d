/**
 * What carries the session now: the sentence at the top, the strip, and the journal's lines about links. A screen reader
 * is told once things have been calm for a second, so that a cut which heals at once is not announced twice.
 */

import { find, say } from "./dom.js";
import { TRANSPORTS } from "./names.js";
import { reason } from "./reasons.js";
import { Strip } from "./strip.js";

const CALM = 1000;
const SENTENCES = /** @type {Record<string, string>} */ ({
  connecting: "Finding a way to the server",
  live: "One session, now on",
  waiting: "No link; the session waits for the next",
  closing: "The session is closing",
  closed: "The session has ended",
});

export class Carrier {
  /** @type {import("/realtime/client.js").Transport | null} The transport that the person chose; null: the client chooses. */
  forced = null;
  #strip = new Strip(find("strip"));
  #state = find("state");
  #transport = find("transport");
  #why = find("why");
  #journal;
  /** @type {import("/realtime/client.js").Session | undefined} */
  #session;
  #hasBegun = false;
  #up = 0;
  #down = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #announcing;

  /** @param {import("./journal.js").Journal} journal */
  constructor(journal) {
    this.#journal = journal;
  }

  /** @param {import("/realtime/client.js").Session} session */
  attach(session) {
    this.#session = session;
    this.#hasBegun = false;
    this.#up = 0;
    this.#down = 0;
    session.addEventListener("state", () => this.#show(session));
    session.addEventListener("transport", ({ detail }) => {
      this.#carry(detail.from, detail.to);
      this.#show(session);
    });
    session.addEventListener("resume", ({ detail }) => {
      this.#journal.add(`Resumed on ${TRANSPORTS[detail.transport]} after ${duration(detail.away)}`);
    });
    session.addEventListener("blocked", ({ detail }) => {
      this.#journal.add(`Somebody else answers in the server's place (${detail.evidence}): is there a login page?`);
    });
    this.#show(session);
  }

  /**
   * Notes what the person did, over the strip and in the journal.
   * @param {string} mark
   * @param {string} sentence
   */
  note(mark, sentence) {
    this.#strip.mark(mark);
    this.#journal.add(sentence);
  }

  /** Shows the reason, which changes with time, and what got through since the last time. */
  render() {
    const session = /** @type {import("/realtime/client.js").Session} */ (this.#session);
    const { up, down } = session.stats;
    say(this.#why, reason(session, this.forced));
    this.#strip.sample(up.received - this.#up, down.received - this.#down);
    this.#up = up.received;
    this.#down = down.received;
  }

  /**
   * After a time without a link, the `resume` event says more.
   * @param {string | null} from
   * @param {string | null} to
   */
  #carry(from, to) {
    if (!to) return;
    if (from) this.#journal.add(`Moved from ${TRANSPORTS[from]} to ${TRANSPORTS[to]}`);
    else if (!this.#hasBegun) this.#journal.add(`The session began on ${TRANSPORTS[to]}`);
    this.#hasBegun = true;
  }

  /** @param {import("/realtime/client.js").Session} session */
  #show(session) {
    const live = session.state === "live";
    const transport = live ? session.transport : null;
    this.#state.dataset.state = session.state;
    say(find("sentence"), SENTENCES[session.state]);
    say(this.#transport, transport ? TRANSPORTS[transport] : "");
    this.#transport.dataset.transport = transport ?? "";
    this.#strip.move(transport);
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => say(find("announcement"), this.#state.textContent ?? ""), CALM);
  }
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The numbers of the session: round trip, cursors both ways, and what it all cost. Read a few times a second. */

import { find, say } from "./dom.js";

/** How often the round trip is measured anew, in milliseconds. */
const PROBE = 5000;

export class Facts {
  /** @type {import("/realtime/client.js").Session | undefined} */
  #session;

  /** @param {import("/realtime/client.js").Session} session */
  attach(session) {
    this.#session = session;
  }

  constructor() {
    // A page in the background needs no fresh numbers.
    setInterval(() => document.hidden || this.#session?.probe(), PROBE);
  }

  render() {
    const session = this.#session;
    if (!session) return;
    const { up, down, links, requests, bytesUp, bytesDown, rtt } = session.stats;
    say(find("round-trip"), rtt ? `${round(rtt)} ms` : "–");
    say(find("links"), number(links));
    say(find("requests"), number(requests));
    say(find("bytes-up"), bytes(bytesUp));
    say(find("bytes-down"), bytes(bytesDown));
    say(find("buffered"), bytes(session.bufferedAmount));
    say(find("seq-up-sent"), number(up.last));
    say(find("seq-up-received"), number(up.received));
    say(find("seq-up-ack"), number(up.ack));
    say(find("seq-down-received"), number(down.received));
    say(find("seq-down-ack"), number(down.received));
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

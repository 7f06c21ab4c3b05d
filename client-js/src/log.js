// The log: what was sent and is not yet acknowledged, in order (spec §7).
//
// It numbers, keeps what may have to be sent again, and knows how much the window lets out. Nothing
// leaves it but by an acknowledgement of the peer.

import { SendError } from "./errors.js";
import { CLOSE } from "./wire.js";

/** What a message costs over its payload (spec FLW-1). */
const OVERHEAD = 16;

/**
 * @typedef {object} Item
 * @property {number} seq
 * @property {number} kind
 * @property {any} data the payload, or the JSON of a close; undefined while a Blob is being read
 * @property {number} size of the payload
 * @property {number} end what all messages up to this one have cost
 *
 * @typedef {"taken" | "received" | "lost" | "unknown"} Fate
 */

export class Log {
  /** The peer's cursors for this direction. */
  received = 0;
  ack = 0;
  /** The last number given, and the last one that left. */
  last = 0;
  sent = 0;
  /** Payload bytes that are not acknowledged. */
  bytes = 0;
  /** @type {import("./wire.js").Limits} known once a session is welcomed; until then only `queue` gives room */
  limits = /** @type {any} */ ({ message: Infinity, window: 0 });
  #queue;
  #cost = 0;
  #freed = 0;
  /** @type {Item[]} */
  #items = [];

  /** @param {number} queue bytes to hold where the window is smaller, or not yet known */
  constructor(queue) {
    this.#queue = queue;
  }

  /** @type {(kind: number, data: any, size?: number) => Item} */
  add(kind, data, size = -OVERHEAD) {
    const end = this.#cost + size + OVERHEAD;
    if (size > this.limits.message) throw new SendError("message_too_large");
    if (kind !== CLOSE && end - this.#freed > Math.max(this.#queue, this.limits.window))
      throw new SendError("queue_full");
    const item = { seq: ++this.last, kind, data, size: Math.max(0, size), end };
    this.#items.push(item);
    this.#cost = end;
    this.bytes += item.size;
    return item;
  }

  /**
   * The frame of that number, when it is there, whole, and the window lets it out (spec FLW-1).
   *
   * @param {number} seq
   * @returns {Item | undefined}
   */
  get(seq) {
    const item = this.#items[seq - this.ack - 1];
    return item?.data === undefined || item.end - this.#freed > this.limits.window ? undefined : item;
  }

  /**
   * Takes the peer's cursors, which never go back (spec SEQ-4). False: they name what was never sent (SEQ-5).
   *
   * @type {(received: number, ack: number) => boolean}
   */
  acknowledge(received, ack) {
    if (ack > received || received > this.sent) return false;
    this.received = Math.max(this.received, received);
    for (; this.ack < ack; this.ack++) {
      const { end, size } = /** @type {Item} */ (this.#items.shift());
      this.#freed = end;
      this.bytes -= size;
    }
    return true;
  }

  /** Messages that were accepted before the limits were known may turn out to be too long. */
  get fits() {
    return this.#items.every(({ size }) => size <= this.limits.message);
  }

  /**
   * What became of each message that is not known to be taken (spec FAT-1), by the peer's final cursors
   * where they are known.
   *
   * @type {(received?: number, ack?: number) => { seq: number, data: import("./wire.js").Data | undefined, fate: Fate }[]}
   */
  fates(received, ack = 0) {
    const arrived = Math.max(this.received, received ?? 0);
    const rest = received === undefined ? "unknown" : "lost";
    return this.#items
      .filter(({ kind }) => kind !== CLOSE)
      .map(({ seq, data }) => ({
        seq,
        data,
        fate: seq > this.sent ? "lost" : seq > arrived ? rest : seq > ack ? "received" : "taken",
      }));
  }
}

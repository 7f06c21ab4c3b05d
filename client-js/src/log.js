// The log: what was sent and is not yet acknowledged, in order (spec §7).
//
// It numbers, keeps what may have to be sent again, and knows how much the window lets out. Nothing
// leaves it but by an acknowledgement of the peer.

import { SendError } from "./errors.js";

/** What a message costs over its payload (spec FLW-1). */
const OVERHEAD = 16;

/**
 * @typedef {object} Item
 * @property {number} seq
 * @property {"text" | "binary" | "close"} kind
 * @property {any} [data] the payload; absent while a Blob is being read
 * @property {import("./wire.js").Refuse} [json] the body of a close
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

  /** @type {(kind: Item["kind"], content: { data?: any, json?: any }, size?: number) => Item} */
  add(kind, content, size = 0) {
    const { message, window } = this.limits;
    const end = this.#cost + (content.json ? 0 : size + OVERHEAD);
    if (size > message) throw new SendError("message_too_large");
    if (end > this.#cost && end - this.#freed > Math.max(this.#queue, window)) throw new SendError("queue_full");
    const item = { ...content, kind, seq: ++this.last, size, end };
    this.#items.push(item);
    this.#cost = end;
    this.bytes += size;
    return item;
  }

  /**
   * The frame of that number, when it is there, whole, and the window lets it out (spec FLW-1).
   *
   * @param {number} seq
   */
  get(seq) {
    const item = this.#items[seq - this.ack - 1];
    const isThere = (item?.data ?? item?.json) !== undefined;
    return isThere && item.end - this.#freed <= this.limits.window ? item : undefined;
  }

  /**
   * Takes the peer's cursors, which never go back (spec SEQ-4). False: they name what was never sent (SEQ-5).
   *
   * @param {import("./wire.js").Cursors} cursors
   */
  acknowledge({ received, ack }) {
    if (ack > received || received > this.sent) return false;
    this.received = Math.max(this.received, received);
    for (; this.ack < ack; this.ack++) {
      const item = /** @type {Item} */ (this.#items.shift());
      this.#freed = item.end;
      this.bytes -= item.size;
    }
    return true;
  }

  /** Messages that were accepted before the limits were known may turn out to be too long. */
  get fits() {
    return this.#items.every(({ size }) => size <= this.limits.message);
  }

  /**
   * What became of each message that is not known to be taken (spec FAT-1).
   *
   * @param {{ received?: number, ack?: number }} last the peer's final cursors, where they are known
   */
  fates({ received, ack = 0 }) {
    /** @type {(seq: number) => Fate} */
    const fate = (seq) => {
      if (seq <= ack) return "taken";
      if (seq <= Math.max(this.received, received ?? 0)) return "received";
      return received === undefined && seq <= this.sent ? "unknown" : "lost";
    };
    return this.#items.filter((item) => !item.json).map(({ seq, data }) => ({ seq, data, fate: fate(seq) }));
  }
}

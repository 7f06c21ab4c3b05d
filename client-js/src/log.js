// The log: what was sent and is not yet acknowledged, in order (spec §7).
//
// It numbers, keeps what may have to be sent again, and knows how much the window lets out. Nothing
// leaves it but by an acknowledgement of the peer.

import { SendError } from "./errors.js";
import { BINARY, CLOSE, TEXT } from "./wire.js";

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

/** @param {number} queue bytes to hold where the window is smaller, or not yet known */
export const createLog = (queue = 0) => {
  /** @type {Item[]} */
  const items = [];
  let cost = 0;
  let freed = 0;

  const log = {
    /** The peer's cursors for this direction. */
    received: 0,
    ack: 0,
    /** The last number given, and the last one that left. */
    last: 0,
    sent: 0,
    /** Payload bytes that are not acknowledged. */
    bytes: 0,
    /** Known once a session is welcomed; until then only `queue` gives room. */
    limits: /** @type {import("./wire.js").Limits} */ ({ message: Infinity, window: 0 }),

    /** @type {(data: any, size?: number, kind?: number) => Item} */
    add(data, size = -OVERHEAD, kind = typeof data === "string" ? TEXT : BINARY) {
      const end = cost + size + OVERHEAD;
      if (size > log.limits.message) throw new SendError("message_too_large");
      if (end - freed > Math.max(queue, log.limits.window)) throw new SendError("queue_full");
      const item = { seq: ++log.last, kind, data, size: Math.max(0, size), end };
      items.push(item);
      cost = end;
      log.bytes += item.size;
      return item;
    },

    /**
     * The frame of that number, when it is there, whole, and the window lets it out (spec FLW-1).
     *
     * @type {(seq: number) => Item | undefined}
     */
    get(seq) {
      const item = items[seq - log.ack - 1];
      return item?.data === undefined || item.end - freed > log.limits.window ? undefined : item;
    },

    /**
     * Takes the peer's cursors, which never go back (spec SEQ-4). False: they name what was never sent (SEQ-5).
     *
     * @type {(received: number, ack: number) => boolean}
     */
    acknowledge(received, ack) {
      if (ack > received || received > log.sent) return false;
      log.received = Math.max(log.received, received);
      for (; log.ack < ack; log.ack++) {
        const { end, size } = /** @type {Item} */ (items.shift());
        freed = end;
        log.bytes -= size;
      }
      return true;
    },

    /** Messages that were accepted before the limits were known may turn out to be too long. */
    fits: () => items.every(({ size }) => size <= log.limits.message),

    /**
     * What became of each message that is not known to be taken (spec FAT-1), by the peer's final cursors
     * where they are known.
     *
     * @type {(received?: number, ack?: number) => { seq: number, data: import("./wire.js").Data | undefined, fate: Fate }[]}
     */
    fates(received, ack = 0) {
      const arrived = Math.max(log.received, received ?? 0);
      const rest = received === undefined ? "unknown" : "lost";
      return items
        .filter(({ kind }) => kind !== CLOSE)
        .map(({ seq, data }) => ({
          seq,
          data,
          fate: seq > log.sent ? "lost" : seq > arrived ? rest : seq > ack ? "received" : "taken",
        }));
    },
  };
  return log;
};

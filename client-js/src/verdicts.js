// What is known of each transport: evidence with an expiry, never a session and never a secret.
//
// A verdict changes the order and the head start of a race. It excludes nothing, and the bad ones expire
// soon: each further one in a row holds twice as long.

const GOOD = 30 * 86_400_000;
const BAD = 5000;
const WORST = 600_000;
/**
 * @typedef {import("./session.js").Transport} Transport
 * @typedef {"works" | "refused" | "hung" | "muted" | "cut" | "absent" | "unknown"} Word
 *
 * @typedef {object} Verdict
 * @property {Word} verdict
 * @property {string} [evidence] what was seen
 * @property {number} [at] when, on the wall clock
 * @property {number} [expires]
 * @property {number} [hold] after how long to end a held poll, where a proxy would cut it
 * @property {number} [row] how many bad ones in a row
 */

/** @param {{ storage?: Pick<Storage, "getItem" | "setItem">, key: string, date: () => number, WebSocket?: unknown }} environment */
export const createVerdicts = ({ storage, key, date, WebSocket }) => {
  /** @type {Record<string, Verdict>} */
  let known = {};
  try {
    known = JSON.parse(storage?.getItem(key) || "{}");
  } catch {
    // What cannot be read is not known.
  }
  if (!WebSocket) known.websocket = { verdict: "absent", expires: Infinity };
  const verdicts = {
    /** @param {Transport} transport @returns {Verdict} */
    get(transport) {
      const verdict = known[transport];
      return verdict && (verdict.expires ?? 0) > date() ? verdict : { verdict: "unknown" };
    },

    /** How long the transport will be thought bad, in milliseconds. @param {Transport} transport */
    bad(transport) {
      const { row, expires = 0 } = verdicts.get(transport);
      return row ? expires - date() : 0;
    },

    /** @type {(transport: Transport, verdict: Word, evidence: string, hold?: number) => void} */
    set(transport, verdict, evidence, hold) {
      const at = date();
      const row = verdict === "works" ? 0 : (known[transport]?.row ?? 0) + 1;
      known[transport] = {
        verdict,
        evidence,
        hold,
        row,
        at,
        expires: at + (row ? Math.min(WORST, BAD * 2 ** row) : GOOD),
      };
      try {
        storage?.setItem(key, JSON.stringify(known));
      } catch {
        // A full or forbidden storage costs a race on the next page.
      }
    },
  };
  return verdicts;
};

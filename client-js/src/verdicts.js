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
 * @property {number} [expires] on the wall clock
 * @property {number} [hold] after how long to end a held poll, where a proxy would cut it
 * @property {number} [row] how many bad ones in a row
 */

/** @type {(options: import("./index.js").Options, date: () => number, key: string) => any} */
export const createVerdicts = ({ storage }, date, key) => {
  /** @type {Record<string, any>} */
  let known = {};
  try {
    // A page may forbid even to look at its storage.
    storage ??= localStorage;
    known = JSON.parse(storage.getItem(key) ?? "{}");
  } catch {
    // What cannot be read is not known.
  }

  /** @param {Transport} transport @returns {Verdict} */
  const get = (transport) => (known[transport]?.expires > date() ? known[transport] : { verdict: "unknown" });

  return {
    get,

    /** How long the transport will be thought bad, in milliseconds. @param {Transport} transport */
    bad: (transport) => (get(transport).row ? known[transport].expires - date() : 0),

    /** @type {(transport: Transport, verdict: Word, evidence: string, hold?: number) => void} */
    set(transport, verdict, evidence, hold = known[transport]?.hold) {
      const row = verdict === "works" ? 0 : (known[transport]?.row ?? 0) + 1;
      const before = get(transport);
      // What works only somehow is proved anew as soon as what does not work.
      const isSame = !row && evidence && evidence === before.evidence;
      const expires = isSame
        ? before.expires
        : date() + (row ? Math.min(WORST, BAD * 2 ** row) : evidence ? WORST : GOOD);
      known[transport] = { verdict, evidence, hold, row, expires };
      try {
        storage?.setItem(key, JSON.stringify(known));
      } catch {
        // A full or forbidden storage costs a race on the next page.
      }
    },
  };
};

// What is known of each transport: evidence with an expiry, never a session and never a secret.
//
// A verdict changes the order and the head start of a race. It excludes nothing, and the bad ones expire
// soon: each further one in a row holds twice as long.

const GOOD = 30 * 86_400_000;
const BAD = 5000;
const WORST = 600_000;
/** A link that did not live this long was cut. */
const LIFE = 10_000;

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

/** @param {{ storage?: Pick<Storage, "getItem" | "setItem">, key: string, date: () => number }} environment */
export const createVerdicts = ({ storage, key, date }) => {
  /** @type {Record<string, Verdict>} */
  let known = {};
  try {
    known = JSON.parse(storage?.getItem(key) || "{}");
  } catch {
    // What cannot be read is not known.
  }
  const verdicts = {
    /** @param {Transport} transport @returns {Verdict} */
    get(transport) {
      const verdict = known[transport];
      return (verdict?.expires ?? 0) > date() ? verdict : { verdict: "unknown" };
    },

    /** How long the transport will be thought bad, in milliseconds. @param {Transport} transport */
    bad(transport) {
      const { verdict, expires = 0 } = verdicts.get(transport);
      return /works|unknown/.test(verdict) ? 0 : expires - date();
    },

    /** @type {(transport: Transport, verdict: Word, evidence?: string, hold?: number) => void} */
    set(transport, verdict, evidence, hold) {
      const at = date();
      const isGood = verdict === "works";
      const row = (known[transport]?.row ?? 0) + (isGood ? 0 : 1);
      const expires = at + (isGood ? GOOD : Math.min(WORST, BAD * 2 ** row));
      known[transport] = { verdict, evidence, at, expires, hold, row };
      try {
        storage?.setItem(key, JSON.stringify(known));
      } catch {
        // A full or forbidden storage costs a race on the next page.
      }
    },

    /** A link was lost after that time. @type {(transport: Transport, age: number, why: string) => void} */
    lived(transport, age, why) {
      if (age < LIFE || why === "cut") verdicts.set(transport, "cut", `${why} after ${Math.round(age)} ms`);
      else if (known[transport]) known[transport].row = 0;
    },
  };
  return verdicts;
};

// The choice of transport: which to try, and when.
//
// Start at once over what is believed good, over the others after a short head start; whatever proves
// itself first begins, and a better one takes over later. No I/O and no timers: time is an argument.

/**
 * @typedef {import("./session.js").Transport} Transport
 * @typedef {import("./verdicts.js").Word} Word
 */

const HEAD_START = 250;
const BACK_OFF = 500;
const LONGEST_BACK_OFF = 30_000;
/** A link that did not live this long was cut. */
const LIFE = 3000;

/** @param {{ order: Transport[], verdicts: ReturnType<typeof import("./verdicts.js").createVerdicts>, random: () => number }} options */
export const createRace = ({ order, verdicts, random }) => {
  const { bad, set } = verdicts;
  let start = 0;
  let attempts = 0;
  let seen = 0;
  /** @type {Record<string, string>} what failed in this race, and why; it only counts once something else works */
  let failed = {};

  /** With full jitter, after the cap. @param {number} now */
  const backOff = (now) => {
    failed = {};
    start = now + random() * Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** attempts++);
  };

  const race = {
    /** From the best to the last resort; may be changed at any time. */
    order,

    /** Those that are better than the one that carries the session. @param {Transport} [live] */
    better(live) {
      const rank = race.order.indexOf(/** @type {Transport} */ (live));
      return rank < 0 ? race.order : race.order.slice(0, rank);
    },

    /** What to try, and when. @type {(now: number, live?: Transport) => [Transport, number][]} */
    plan(now, live) {
      const better = race.better(live);
      // Periodic polling is for where holds are cut; both kinds of polling say the same hello.
      const isCovered = better.includes("long_poll") && !bad("long_poll");
      return better
        .filter((one) => (live || !failed[one]) && !(isCovered && one === "periodic"))
        .sort((one, other) => Math.sign(bad(one)) - Math.sign(bad(other)))
        .map((one, index) => [one, live ? now + bad(one) : start + index * HEAD_START]);
    },

    /** Something proved itself: so the others' failures say something about them. @param {Transport} transport */
    won(transport) {
      delete failed[transport];
      for (const one in failed) {
        const why = failed[one];
        set(/** @type {Transport} */ (one), /** @type {any} */ (/hung|muted|$/.exec(why))[0] || "refused", why);
      }
      failed = {};
    },

    /** An attempt failed; when all have, they begin again later. @type {(now: number, transport: Transport, why: string, live?: Transport) => void} */
    failed(now, transport, why, live) {
      failed[transport] = why;
      if (live) race.won(live);
      else if (!race.plan(now).length) backOff(now);
    },

    /** Nothing carries the session any more. Progress, the count of frames that arrived, ends the back-off. @type {(now: number, transport: Transport, why: string, age: number, progress: number) => void} */
    lost(now, transport, why, age, progress) {
      const isMuted = why === "muted";
      if (isMuted || why === "cut" || age < LIFE)
        set(transport, isMuted ? why : "cut", `${why} after ${Math.round(age)} ms`);
      if (progress > seen) attempts = 0;
      seen = progress;
      backOff(now);
      if (attempts === 1) start = now;
    },

    /** Not before then. @param {number} at */
    wait(at) {
      start = at;
    },
  };
  return race;
};

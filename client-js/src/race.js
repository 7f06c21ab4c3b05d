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
const LIFE = 10_000;

/** @param {{ order: Transport[], verdicts: ReturnType<typeof import("./verdicts.js").createVerdicts>, random: () => number }} options */
export const createRace = ({ order, verdicts, random }) => {
  const { bad, set } = verdicts;
  let start = 0;
  let attempts = 0;
  let seen = 0;
  /** @type {Map<Transport, string>} what failed in this race, and why; it only counts once something else works */
  const failed = new Map();

  /** Full jitter, after the cap. */
  const backOff = () => random() * Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** attempts++);

  const race = {
    /** From the best to the last resort; may be changed at any time. */
    order,

    /** Those that are better than the one that carries the session. @param {Transport} [live] */
    better(live) {
      const rank = live ? race.order.indexOf(live) : -1;
      return rank < 0 ? race.order : race.order.slice(0, rank);
    },

    /**
     * What to try now, and when to ask again.
     *
     * @type {(now: number, live: Transport | undefined, busy: Transport[]) => { tries: Transport[], at: number }}
     */
    plan(now, live, busy) {
      const better = race.better(live);
      // Periodic polling is for where holds are cut; both kinds of polling say the same hello.
      const isCovered = better.includes("long_poll") && !bad("long_poll");
      const candidates = better
        .filter((one) => (live || !failed.has(one)) && !(isCovered && one === "periodic"))
        .sort((one, other) => Math.sign(bad(one)) - Math.sign(bad(other)));
      if (!live && !candidates.length && !busy.length) {
        failed.clear();
        start = Math.max(start, now + backOff());
        return { tries: [], at: start };
      }
      const times = candidates
        .map((one, index) => ({ one, at: live ? now + bad(one) : start + index * HEAD_START }))
        .filter(({ one }) => !busy.includes(one));
      const due = times.filter(({ at }) => at <= now);
      return { tries: due.map(({ one }) => one), at: Math.min(...times.map(({ at }) => at)) };
    },

    /** Something proved itself: so the others' failures say something about them. @param {Transport} transport */
    won(transport) {
      failed.delete(transport);
      for (const [one, why] of failed) set(one, /** @type {any} */ (/hung|muted|$/.exec(why))[0] || "refused", why);
      failed.clear();
    },

    /** An attempt failed. @type {(transport: Transport, why: string, live?: Transport) => void} */
    failed(transport, why, live) {
      failed.set(transport, why);
      if (live) race.won(live);
    },

    /** Nothing carries the session any more. Progress, the count of frames that arrived, ends the back-off. @type {(now: number, transport: Transport, why: string, age: number, progress: number) => void} */
    lost(now, transport, why, age, progress) {
      failed.clear();
      if (age < LIFE || why === "cut") set(transport, "cut", `${why} after ${Math.round(age)} ms`);
      if (progress > seen) attempts = 0;
      seen = progress;
      start = why === "detached" ? Infinity : attempts ? now + backOff() : now;
      attempts ||= 1;
    },

    /** Not before then. @param {number} at */
    wait(at) {
      start = at;
    },
  };
  return race;
};

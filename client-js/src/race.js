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

/** From the best to the last resort. @type {Transport[]} */
export const TRANSPORTS = ["websocket", "long_poll", "periodic"];

/** @type {(options: import("./index.js").Options, now: () => number, verdicts: ReturnType<typeof import("./verdicts.js").createVerdicts>) => any} */
export const createRace = ({ transports = TRANSPORTS, random = Math.random }, now, { bad, set }) => {
  let attempts = 0;
  let seen = 0;
  /** @type {Record<string, string>} what failed in this race, and why; it only counts once something else works */
  let failed = {};

  /** With full jitter, after the cap; at once where there was progress. */
  const backOff = () => {
    failed = {};
    race.startAt = now() + random() * Math.min(LONGEST_BACK_OFF, BACK_OFF * (2 ** attempts++ - 1));
  };

  /** @type {(transport: Transport, why: string, otherwise: Word | false) => void} */
  const judge = (transport, why, otherwise) => {
    const [word = otherwise] = /^(absent|cut|hung|muted)/.exec(why) ?? [];
    if (word) set(transport, word, why);
  };

  const race = {
    /** Those that may carry the session, the best first. */
    order: transports,

    /** From now on one of them only; null gives the choice back. @param {Transport | null} transport */
    use(transport) {
      race.order = transport ? [transport] : transports;
    },

    /** When to begin where nothing carries the session. */
    startAt: now(),

    /** Those that are better than the one that carries the session. @param {Transport} [live] */
    better: (live) => race.order.slice(0, [...race.order, live].indexOf(live)),

    /** What to try, and when. @type {(live?: Transport) => [Transport, number][]} */
    plan(live) {
      const better = race.better(live);
      // Periodic polling is for where holds are cut; both kinds of polling say the same hello.
      const isCovered = better.includes("long_poll") && !bad("long_poll");
      return better
        .filter((one) => (live || !failed[one]) && !(isCovered && one === "periodic"))
        .sort((one, other) => bad(one) - bad(other))
        .map((one, index) => [one, live ? now() + bad(one) : race.startAt + index * HEAD_START]);
    },

    /** Something proved itself: so the others' failures say something about them. @param {Transport} transport */
    won(transport) {
      delete failed[transport];
      for (const one in failed) judge(/** @type {Transport} */ (one), failed[one], "refused");
      failed = {};
    },

    /** An attempt failed; when all have, they begin again later. @type {(transport: Transport, why: string, live?: Transport) => void} */
    failed(transport, why, live) {
      failed[transport] = why;
      if (live) race.won(live);
      else if (!race.plan().length) backOff();
    },

    /** Nothing carries the session any more. Progress, the count of frames that arrived, ends the back-off. @type {(transport: Transport, why: string, age: number, progress: number) => void} */
    lost(transport, why, age, progress) {
      judge(transport, `${why} after ${age | 0} ms`, age < LIFE && "cut");
      if (progress > seen || age > LIFE) attempts = 0;
      seen = progress;
      backOff();
    },
  };
  return race;
};

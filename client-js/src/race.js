// The choice of transport: which to try, and when.
//
// Start at once over all but those that failed here lately, which follow a little later; whatever proves itself
// first begins, and a better one takes over. No I/O and no timers: time is an argument.

/**
 * @typedef {import("./session.js").Transport} Transport
 * @typedef {import("./verdicts.js").Word} Word
 */

/** Of the others over those that failed here lately. */
const HEAD_START = 250;
const BACK_OFF = 500;
const LONGEST_BACK_OFF = 30_000;
/** A link that did not live this long was cut. */
const LIFE = 3000;

/** From the best to the last resort. @type {Transport[]} */
export const TRANSPORTS = ["websocket", "long_poll", "periodic"];

/** @type {(options: import("./index.js").Options, now: () => number, verdicts: ReturnType<typeof import("./verdicts.js").createVerdicts>, leader: { leads?: boolean }) => any} */
export const createRace = ({ transports = TRANSPORTS, random = Math.random }, now, { bad, set }, leader) => {
  let chosen = transports;
  let attempts = 0;
  let seen = 0;
  /** @type {Record<string, string>} what failed in this race, and why; it only counts once something else works */
  let failed = {};

  /** With full jitter, after the cap; at once where there was progress. */
  const backOff = () => {
    failed = {};
    race.startAt = now() + random() * Math.min(LONGEST_BACK_OFF, BACK_OFF * (1.5 ** attempts++ - 1));
  };

  /** @type {(transport: Transport, why: string, otherwise: Word | false) => void} */
  const judge = (transport, why, otherwise) => {
    const [word = otherwise] = /^(absent|cut|hung|muted)/.exec(why) ?? [];
    if (word) set(transport, word, why);
  };

  const race = {
    /** From now on one of them only; null gives the choice back. @param {Transport | null} transport */
    use(transport) {
      chosen = transport ? [transport] : transports;
    },

    /** Those that may carry the session, the best first. Who does not lead polls periodically, where it may. */
    order: () => chosen.filter((one) => one !== "long_poll" || leader.leads || !chosen.includes("periodic")),

    /** When to begin where nothing carries the session. */
    startAt: now(),

    /** Those that are better than the one that carries the session. @param {Transport} [live] */
    better: (live) => race.order().slice(0, [...race.order(), live].indexOf(live)),

    /** What to try, and when. @type {(live?: Transport) => [Transport, number][]} */
    plan(live) {
      const better = race.better(live);
      // Periodic polling is for where holds are cut; both kinds of polling say the same hello.
      const isCovered = better.includes("long_poll") && !bad("long_poll");
      return better
        .filter((one) => (live || !failed[one]) && !(isCovered && one === "periodic"))
        .sort((one, other) => bad(one) - bad(other))
        .map((one, index) => {
          // Nobody polls periodically before it is known who leads, or that takes too long.
          const isLate = leader.leads === undefined ? one === "periodic" : index && bad(one);
          return [one, live ? now() + bad(one) : race.startAt + (isLate ? HEAD_START : 0)];
        });
    },

    /** Something proved itself: so the others' failures say something about them. @type {(transport: Transport) => undefined} */
    won(transport) {
      delete failed[transport];
      for (const one in failed) judge(/** @type {Transport} */ (one), failed[one], "refused");
      failed = {};
    },

    /**
     * An attempt failed; when all have, they begin again later. Then it tells what somebody else answered in our
     * server's place.
     *
     * @type {(transport: Transport, why: string, live?: Transport) => string | undefined}
     */
    failed(transport, why, live) {
      failed[transport] = why;
      if (live) return race.won(live);
      if (race.plan().length) return undefined;
      const whys = Object.values(failed);
      backOff();
      return whys.find((why) => /^foreign/.test(why));
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

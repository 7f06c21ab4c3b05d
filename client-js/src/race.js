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

/** @param {{ order: Transport[], verdicts: ReturnType<typeof import("./verdicts.js").createVerdicts>, random: () => number }} options */
export const createRace = ({ order, verdicts, random }) => {
  const { bad } = verdicts;
  let start = 0;
  let attempts = 0;
  /** @type {Map<Transport, string>} what failed in this race, and why; it only counts once something else works */
  const failed = new Map();

  /** Full jitter, after the cap. */
  const backOff = () => random() * Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** attempts++);

  const race = {
    /** From the best to the last resort; may be changed at any time. */
    order,

    /** Whether a transport is better than the one that carries the session. @type {(one: Transport, live?: Transport) => boolean} */
    wants(one, live) {
      const rank = live ? race.order.indexOf(live) : -1;
      return race.order.slice(0, rank < 0 ? 3 : rank).includes(one);
    },

    /**
     * What to try now, and when to ask again.
     *
     * @type {(now: number, live: Transport | undefined, busy: Transport[]) => { tries: Transport[], at: number }}
     */
    plan(now, live, busy) {
      // Periodic polling is a resort for where holds are cut; both kinds of polling say the same hello.
      const isCovered = race.wants("long_poll", live) && !bad("long_poll");
      const candidates = race.order
        .filter((one) => race.wants(one, live) && !(isCovered && one === "periodic") && (live || !failed.has(one)))
        .sort((one, other) => Math.sign(bad(one)) - Math.sign(bad(other)));
      /** @type {Transport[]} */
      const tries = [];
      let wake = Infinity;
      candidates.forEach((one, index) => {
        const at = live ? now + bad(one) : start + index * HEAD_START;
        if (busy.includes(one)) return;
        if (at > now) wake = Math.min(wake, at);
        else tries.push(one);
      });
      if (!candidates.length && !live && !busy.length) {
        failed.clear();
        wake = start = Math.max(start, now + backOff());
      }
      return { tries, at: wake };
    },

    /** Something proved itself: so the others' failures say something about them. @param {Transport} transport */
    won(transport) {
      failed.delete(transport);
      for (const [one, why] of failed)
        verdicts.set(one, /** @type {any} */ (/^(hung|muted)$/.exec(why)?.[0] ?? "refused"), why);
      failed.clear();
    },

    /** An attempt failed. @type {(transport: Transport, why: string, live?: Transport) => void} */
    failed(transport, why, live) {
      failed.set(transport, why);
      if (live) race.won(live);
    },

    /** Nothing carries the session any more. @type {(now: number, transport: Transport, why: string, age: number) => void} */
    lost(now, transport, why, age) {
      failed.clear();
      verdicts.lived(transport, age, why);
      start = why === "detached" ? Infinity : attempts ? now + backOff() : now;
      attempts ||= 1;
    },

    /** A sequence number advanced. */
    progress() {
      attempts = 0;
    },

    /** Not before then. @param {number} at */
    wait(at) {
      start = at;
    },
  };
  return race;
};

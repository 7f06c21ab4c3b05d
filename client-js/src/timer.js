// The one place of timers: an alarm clock.
//
// It rings at least every few seconds, since that is how a computer that slept finds out: the wall clock
// has gone on without the other one, or the timer comes far too late.

const LONGEST = 5000;
const JUMP = 2000;

/**
 * @typedef {object} Clock
 * @property {(ring: () => void, delay: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} now milliseconds on a clock that only goes forward
 * @property {() => number} date milliseconds on the wall clock
 */

/**
 * Gives a function that sets the alarm anew, or stops it.
 *
 * @type {(clock: Clock, ring: (hasJumped: boolean) => void) => (at?: number) => void}
 */
export const createAlarm = ({ setTimeout, clearTimeout, now, date }, ring) => {
  let skew = date() - now();
  /** @type {any} */
  let timer;
  return (at) => {
    clearTimeout(timer);
    if (at === undefined) return;
    const due = Math.min(at, now() + LONGEST);
    timer = setTimeout(() => {
      const jump = date() - now() - skew;
      skew += jump;
      ring(Math.max(now() - due, Math.abs(jump)) > JUMP);
    }, due - now());
  };
};

/** Figures for people. */

/** `110 ms`, `1.2 s`, `31 s`. @param {number} milliseconds */
export function time(milliseconds) {
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** Two times with one unit where that is the same: `110 / 60 ms`. @param {number} one @param {number} other */
export function times(one, other) {
  const [first, unit] = time(one).split(" ");
  return time(other).endsWith(` ${unit}`) ? `${first} / ${time(other)}` : `${time(one)} / ${time(other)}`;
}

/** `12,345`. @param {number} number */
export function count(number) {
  return number.toLocaleString("en-GB");
}

/** The middle one, where Infinity stands for what never came; the lower of two. @param {number[]} values */
export function median(values) {
  return values.toSorted((one, other) => one - other)[Math.ceil(values.length / 2) - 1];
}

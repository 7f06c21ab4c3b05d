/** What a cell comes to: one word for it, a sign that needs no colour, and the figure that matters most. */

import { count, time, times } from "./numbers.js";

/** Who waits longer than that has noticed. In milliseconds. */
const LATE = 5000;

/** From the best to the worst; a cell has the worst that is true of it. */
export const KINDS = /** @type {const} */ ({
  clean: { sign: "✓", words: "every message arrived once and in order" },
  late: { sign: "◷", words: `that too, but an echo or the longest gap took more than ${LATE / 1000} s` },
  ended: { sign: "■", words: "the application was told of an end; nothing else went wrong" },
  wrong: { sign: "✗", words: "messages were lost, repeated or reordered without a word" },
  never: { sign: "⊘", words: "a visit had no echo within 25 s" },
  unmeasured: { sign: "–", words: "not measured" },
});

/**
 * @typedef {import("./results.js").Cell} Cell
 * @typedef {keyof typeof KINDS} Kind
 */

/** @param {Cell | undefined} cell @returns {Kind} */
export function kindOf(cell) {
  if (!cell) return "unmeasured";
  if (cell.first === null || cell.remembered === null) return "never";
  if (wrongs(cell).length > 0) return "wrong";
  if (cell.ends > 0) return "ended";
  return Math.max(cell.first, cell.remembered, cell.gap) > LATE ? "late" : "clean";
}

/** All that should not have happened, the worst first; empty where nothing did. @param {Cell} cell */
export function flaws(cell) {
  const { first, remembered, ends } = cell;
  const silent = first === null ? ["never"] : remembered === null ? ["never again"] : [];
  const told = ends > 1 ? [`ended ${ends} times`] : ends === 1 ? ["ended"] : [];
  return [...silent, ...wrongs(cell), ...told];
}

/** @param {Cell} cell */
function wrongs({ up, down }) {
  const sums = {
    lost: up.lost + down.lost,
    repeated: up.repeated + down.repeated,
    reordered: up.reordered + down.reordered,
  };
  return Object.entries(sums).flatMap(([word, sum]) => (sum > 0 ? [`${count(sum)} ${word}`] : []));
}

/** The times to the echoes of both visits, as far as they came; "" where none did. @param {Cell} cell */
export function echoes({ first, remembered }) {
  if (first !== null && remembered !== null) return times(first, remembered);
  const one = (/** @type {number | null} */ echo) => (echo === null ? "–" : time(echo));
  return first === remembered ? "" : `${one(first)} / ${one(remembered)}`;
}

/** The one thing to say where there is room for no more; plain figures are milliseconds. @param {Cell | undefined} cell */
export function headline(cell) {
  if (!cell) return "";
  const [worst] = flaws(cell);
  if (worst) return worst;
  const { first, remembered, gap } = /** @type {Cell & { first: number, remembered: number }} */ (cell);
  if (kindOf(cell) !== "late") return `${count(first)} / ${count(remembered)}`;
  const echo = Math.max(first, remembered);
  return gap > echo ? `gap ${time(gap)}` : `echo ${time(echo)}`;
}

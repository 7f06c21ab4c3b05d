/** What one stack comes to in many networks. */

import { count, median, time } from "./numbers.js";
import { kindOf } from "./outcome.js";
import { cellOf } from "./results.js";

/**
 * @typedef {import("./results.js").Results} Results
 * @typedef {import("./results.js").Row} Row
 * @typedef {import("./results.js").Stack} Stack
 */

/**
 * @param {Results} results
 * @param {Row[]} rows
 * @param {Stack} stack
 */
function measured(results, rows, stack) {
  return rows.flatMap((row) => cellOf(results, row, stack) ?? []);
}

/**
 * In how many networks it was clean, of those in which it was measured: `7 of 8`.
 * @param {Results} results
 * @param {Row[]} rows
 * @param {Stack} stack
 */
export function clean(results, rows, stack) {
  const cells = measured(results, rows, stack);
  return cells.length === 0 ? "–" : `${cells.filter((cell) => kindOf(cell) === "clean").length} of ${cells.length}`;
}

/**
 * Lines of figures over all networks, each with its name.
 * @param {Results} results
 * @param {Stack} stack
 * @returns {[string, string][]}
 */
export function totals(results, stack) {
  const cells = measured(results, results.rows, stack);
  // Where nothing gets through for a moment, the first echo tells the length of the moment.
  const open = results.rows.filter(({ through }) => through);
  const firsts = measured(results, open, stack).map(({ first }) => first ?? Number.POSITIVE_INFINITY);
  const sum = (/** @type {"sent" | "lost" | "repeated" | "reordered"} */ key) =>
    cells.reduce((sum, { up, down }) => sum + up[key] + down[key], 0);
  return [
    ["Messages lost", `${count(sum("lost"))} of ${count(sum("sent"))}`],
    ["Repeated or reordered", count(sum("repeated") + sum("reordered"))],
    ["Ends of sessions, told with their fates", count(cells.reduce((sum, { ends }) => sum + ends, 0))],
    ["First echo, median", echo(median(firsts))],
    ["First echo, worst", echo(Math.max(...firsts))],
    ["Longest gap", cells.length === 0 ? "–" : time(Math.max(...cells.map(({ gap }) => gap)))],
  ];
}

/** @param {number | undefined} milliseconds */
function echo(milliseconds = Number.NaN) {
  if (milliseconds === Number.POSITIVE_INFINITY) return "never";
  return Number.isFinite(milliseconds) ? time(milliseconds) : "–";
}

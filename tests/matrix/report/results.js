/** What the file of results holds, and the ways in which reports read it. A cell may be missing: it was not measured. */

/**
 * @typedef {{ sent: number, lost: number, repeated: number, reordered: number }} Counts
 *
 * @typedef {object} Cell
 * @property {number | null} first Milliseconds to the first echo of a first visit; null where none came.
 * @property {number | null} remembered The same for a second visit.
 * @property {string | null} transport What carried the session in the end.
 * @property {Counts} up
 * @property {Counts} down
 * @property {number} gap The longest time without a message, in milliseconds.
 * @property {number} requests
 * @property {number} ends How often the application was told that its session had ended for good; the peers have no such word.
 *
 * @typedef {{ id: string, name: string }} Stack
 * @typedef {{ id: string, group: string, title: string, through: boolean }} Row
 *
 * @typedef {object} Results
 * @property {string} date
 * @property {Record<string, string>} versions
 * @property {number} round_trip
 * @property {{ seconds: number, per_second: number, together: number, cores: number }} load
 * @property {Stack[]} stacks
 * @property {Row[]} rows
 * @property {Record<string, Cell>} cells By `ROW/STACK`.
 */

/**
 * @param {Results} results
 * @param {Row} row
 * @param {Stack} stack
 * @returns {Cell | undefined}
 */
export function cellOf({ cells }, row, stack) {
  return cells[`${row.id}/${stack.id}`];
}

/**
 * The rows by their groups, in the order of the file.
 * @param {Results} results
 * @returns {[string, Row[]][]}
 */
export function groups({ rows }) {
  const names = [...new Set(rows.map(({ group }) => group))];
  return names.map((name) => [name, rows.filter(({ group }) => group === name)]);
}

/** When, on what and with what was measured, in one sentence without its end. @param {Results} results */
export function circumstances({ date, round_trip, load, versions }) {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Measured on ${date}, ${load.together} networks at a time on ${load.cores} shared cores, over a round trip of ${round_trip} ms, with ${named.join(", ")}`;
}

/** What became of numbered messages in one direction. */

/**
 * @typedef {object} Counts
 * @property {number} sent
 * @property {number} lost Gone without a word: not received, and not named to the application by the end of a session.
 * @property {number} repeated
 * @property {number} reordered First seen after a higher one.
 */

/**
 * @param {number} sent The numbers 1 to this were sent.
 * @param {number[]} received
 * @param {number[]} [told] Those that the end of a session named as undelivered.
 * @returns {Counts}
 */
export function count(sent, received, told = []) {
  const seen = new Set(told.filter((number) => !received.includes(number)));
  let highest = 0;
  let repeated = 0;
  let reordered = 0;
  for (const number of received) {
    if (seen.has(number)) repeated += 1;
    else if (number < highest) reordered += 1;
    seen.add(number);
    highest = Math.max(highest, number);
  }
  const lost = Array.from({ length: sent }, (_, index) => index + 1).filter((number) => !seen.has(number)).length;
  return { sent, lost, repeated, reordered };
}

/** @param {Counts[]} all @returns {Counts} */
export function sum(all) {
  const total = (/** @type {keyof Counts} */ key) => all.reduce((sum, counts) => sum + counts[key], 0);
  return { sent: total("sent"), lost: total("lost"), repeated: total("repeated"), reordered: total("reordered") };
}

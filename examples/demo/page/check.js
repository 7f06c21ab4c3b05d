/**
 * The referee of one direction of the stream. It is shown each number as it arrives and counts what should not happen.
 * It does not trust the session: it works from the numbers alone, as `stream.rs` does on the other side.
 */

/** So many missing numbers are remembered; one that arrives later than that counts as repeated. */
const REMEMBERED = 10_000;

export class Check {
  received = 0;
  lost = 0;
  repeated = 0;
  reordered = 0;
  /** The highest number that was due so far. */
  #highest = 0;
  /** @type {Set<number>} */
  #missing = new Set();

  /**
   * A message with this number has arrived.
   * @param {number} number
   */
  take(number) {
    this.received += 1;
    if (number > this.#highest) {
      this.expect(number - 1);
      this.#highest = number;
    } else if (this.#missing.delete(number)) {
      this.lost -= 1;
      this.reordered += 1;
    } else {
      this.repeated += 1;
    }
  }

  /**
   * The sender had sent so many when it said so, in order: all of them should be here.
   * @param {number} sent
   */
  expect(sent) {
    this.lost += Math.max(0, sent - this.#highest);
    for (let number = this.#highest + 1; number <= sent && this.#missing.size < REMEMBERED; number += 1) {
      this.#missing.add(number);
    }
    this.#highest = Math.max(this.#highest, sent);
  }
}

/** Several things at a time. */

/**
 * Does something with each, never more than so many at once, in their order.
 * @template T
 * @param {number} most
 * @param {T[]} all
 * @param {(one: T) => Promise<void>} act
 */
export async function together(most, all, act) {
  const waiting = [...all];
  const worker = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

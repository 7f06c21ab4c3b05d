/** A deadline for what happens in pages, which nobody else watches. */

import { setTimeout as pause } from "node:timers/promises";

const DEADLINE = 30_000;

/** @template T @param {Promise<T>} conversation */
export function within(conversation) {
  const late = pause(DEADLINE, undefined, { ref: false }).then(() => Promise.reject(new Error("it came to no end")));
  return Promise.race([conversation, late]);
}

/** Waiting: always for a condition, never for a time. */

import { setTimeout as pause } from "node:timers/promises";

/** How long a condition may take. A test that needs it all has failed. */
const DEADLINE = 30_000;
/** How often a condition is looked at. */
const LOOK = 25;

/**
 * Looks at a condition until it holds and returns what it gave.
 * @template T
 * @param {string} what The condition in words, for the failure.
 * @param {() => T | Promise<T>} condition
 * @param {() => unknown} [evidence] What to show when it never held.
 * @returns {Promise<T>}
 */
export async function until(what, condition, evidence) {
  const end = performance.now() + DEADLINE;
  for (;;) {
    const held = await condition();
    if (held) return held;
    if (performance.now() > end) break;
    await pause(LOOK);
  }
  const seen = evidence ? `; seen: ${JSON.stringify(await evidence(), null, 1)}` : "";
  throw new Error(`waited ${DEADLINE / 1000} s until ${what}${seen}`);
}

/** The tour of a live session over all six ordered pairs of transports, while the stream runs. */

import { strict as assert } from "node:assert";

/** Six moves, one for each ordered pair, and back where they began. */
const TOUR = /** @type {const} */ ([
  ["websocket", "long_poll"],
  ["long_poll", "periodic"],
  ["periodic", "websocket"],
  ["websocket", "periodic"],
  ["periodic", "long_poll"],
  ["long_poll", "websocket"],
]);
/** So many messages flow each way after each move: about half a second of the stream. */
const MESSAGES = 50;

/** @typedef {import("./page.js").DemoPage} DemoPage */
/** @typedef {import("./page.js").Counts} Counts */

/**
 * Moves the page's session through the tour and prints what was counted.
 * @param {DemoPage} page
 * @param {string} client How the client came: the first word of the printed lines.
 */
export async function tour(page, client) {
  await page.force(TOUR[0][0]);
  await page.startStream();
  const session = await identity(page);
  for (const [from, to] of TOUR) {
    const before = await page.flows(MESSAGES);
    await page.force(to);
    await page.flows(MESSAGES);
    report(`${client}: ${from} to ${to}`, since(before, await page.counts()));
  }
  const total = await page.stopStream();
  report(`${client}: all six moves`, total);
  assert.deepEqual(wrong(total), NOTHING);
  assert.equal(await identity(page), session, "it is still the same session");
}

export const NOTHING = { down: [0, 0, 0], up: [0, 0, 0] };

/** What should never have happened, in both directions. @param {{ down: Counts, up: Counts }} counts */
export function wrong({ down, up }) {
  const bad = (/** @type {Counts} */ { lost, repeated, reordered }) => [lost, repeated, reordered];
  return { down: bad(down), up: bad(up) };
}

/**
 * @param {{ down: Counts, up: Counts }} before
 * @param {{ down: Counts, up: Counts }} now
 */
function since(before, now) {
  const grown = (/** @type {"down" | "up"} */ direction) =>
    /** @type {Counts} */ (
      Object.fromEntries(Object.entries(now[direction]).map(([key, count]) => [key, count - before[direction][key]]))
    );
  return { down: grown("down"), up: grown("up") };
}

/**
 * @param {string} title
 * @param {{ down: Counts, up: Counts }} counts
 */
function report(title, { down, up }) {
  const sum = (/** @type {keyof Counts} */ key) => down[key] + up[key];
  const wrongs = `lost ${sum("lost")}, repeated ${sum("repeated")}, reordered ${sum("reordered")}`;
  console.log(`moves: ${title}: ${down.received} messages down, ${up.received} up, ${wrongs}`);
}

/** The page's own mark on its session: another session would not carry it. @param {DemoPage} page */
function identity(page) {
  return page.tab.evaluate(() => {
    const { session } = /** @type {any} */ (globalThis).demo;
    session.mark ??= Math.random();
    return session.mark;
  });
}

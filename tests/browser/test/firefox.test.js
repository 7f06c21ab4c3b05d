// Firefox behind the hostile proxy: an echo comes, and what is said around a strike arrives once and in order.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Demo } from "../src/demo.js";
import { launch } from "../src/firefox.js";
import { Front } from "../src/front.js";
import { Hostile } from "../src/hostile.js";
import { until } from "../src/until.js";

/** What is wrong from the start. The page itself is spared. */
const STANDING = [
  ["upgrade-refused=403 path=/realtime"],
  ["upgrade-hung path=/realtime"],
  ["mute=both"],
  ["upgrade-refused=403 path=/realtime", "cut-request=1s path=/realtime"],
];
/** What goes wrong in the middle. */
const STRIKES = ["cut", "mute=both", "sleep=2s"];
/** So many messages go each way, half of them before a strike. */
const MESSAGES = 50;
const WELL = { answered: Array.from({ length: MESSAGES }, (_, index) => index + 1), ends: [] };

/** @type {Demo} */
let demo;
/** @type {Front} */
let front;
/** @type {Awaited<ReturnType<typeof launch>>} */
let firefox;
before(async () => {
  [demo, firefox] = await Promise.all([Demo.start(), launch()]);
  front = await Front.open(demo.origin);
});
after(async () => {
  await firefox.close();
  front.close();
  await demo.stop();
});

describe("Firefox has fifty messages answered once and in order", () => {
  it("with no fault, over a WebSocket", async () => {
    const { hostile, tab } = await visit([]);
    await say(tab, MESSAGES - 1);
    await allAnswered(tab);
    await tellFirst(tab, "no fault");
    assert.equal((await told(tab)).transport, "websocket");
    assert.equal((await hostile.counts()).upgrades, 1);
    await leave(hostile, tab);
  });

  for (const faults of STANDING) {
    it(`with ${faults.join(" and ")}, without a WebSocket`, async () => {
      const { hostile, tab } = await visit(faults);
      for (const fault of faults) await hostile.struck(nameOf(fault));
      await say(tab, MESSAGES - 1);
      await allAnswered(tab);
      await tellFirst(tab, faults.join(", "));
      assert.notEqual((await told(tab)).transport, "websocket");
      await leave(hostile, tab);
    });
  }

  for (const fault of STRIKES) {
    it(`with ${fault} in the middle of them`, async () => {
      const { hostile, tab } = await visit([]);
      await say(tab, MESSAGES / 2 - 1);
      await until("the first is answered", async () => (await told(tab)).answered.length > 0);
      await hostile.set([fault]);
      await say(tab, MESSAGES / 2);
      await hostile.struck(nameOf(fault));
      await allAnswered(tab);
      await leave(hostile, tab);
    });
  }
});

/**
 * The empty page, behind a proxy of its own, with a talk that has begun.
 * @param {string[]} faults
 */
async function visit(faults) {
  const hostile = await Hostile.start(new URL(front.origin).host);
  await hostile.set(faults);
  const tab = await firefox.browser.newPage();
  await tab.goto(`${hostile.origin}/blank/`);
  await tab.evaluate(async () => {
    const { Talk } = await import(/** @type {string} */ ("/blank/talk.js"));
    Object.assign(globalThis, { talk: new Talk() });
  });
  return { hostile, tab };
}

/** @typedef {import("puppeteer-core").Page} Tab */

/**
 * @param {Tab} tab
 * @param {number} times
 */
function say(tab, times) {
  return tab.evaluate((times) => /** @type {any} */ (globalThis).talk.say(times), times);
}

/** @param {Tab} tab */
function told(tab) {
  return tab.evaluate(() => {
    const { answered, ends, first, transport } = /** @type {any} */ (globalThis).talk;
    return { answered, ends, first, transport };
  });
}

/** @param {Tab} tab */
async function allAnswered(tab) {
  const all = async () => (await told(tab)).answered.length >= MESSAGES;
  await until("everything is answered", all, () => told(tab));
  const { answered, ends } = await told(tab);
  assert.deepEqual({ answered, ends }, WELL);
}

/**
 * Prints when the first answer came, for the summary of the run.
 * @param {Tab} tab
 * @param {string} faults
 */
async function tellFirst(tab, faults) {
  console.log(`firefox: ${faults}: first echo after ${(await told(tab)).first} ms`);
}

/** The name of a fault that is written with an argument or a path. @param {string} fault */
function nameOf(fault) {
  return fault.split(/[= ]/)[0];
}

/**
 * @param {Hostile} hostile
 * @param {Tab} tab
 */
async function leave(hostile, tab) {
  await tab.close();
  await hostile.stop();
}

// Two tabs talk to each other.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Stage } from "../src/stage.js";
import { until } from "../src/until.js";

/** @typedef {import("../src/page.js").DemoPage} DemoPage */

/** @type {Stage} */
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

describe("two tabs", { concurrency: 2 }, () => {
  for (const [one, other] of /** @type {const} */ ([
    ["websocket", "long_poll"],
    ["long_poll", "periodic"],
    ["periodic", "websocket"],
  ])) {
    it(`chat over ${one} and ${other}`, async () => {
      const { origin } = await stage.front();
      const [alice, bob] = await Promise.all([stage.page(origin), stage.page(origin)]);
      await Promise.all([alice.force(one), bob.force(other)]);
      await say(alice, `over ${one}, with an \u{1f4a1} of 4 bytes`);
      await say(bob, `over ${other}, <b>as text</b>`);
      for (const page of [alice, bob]) {
        await hears(page, `over ${one}, with an \u{1f4a1} of 4 bytes`);
        await hears(page, `over ${other}, <b>as text</b>`);
        assert.deepEqual(page.complaints, []);
      }
    });
  }

  it("keep what was said while one of them was offline", async () => {
    const { origin } = await stage.front();
    const [alice, bob] = await Promise.all([stage.page(origin), stage.page(origin)]);
    await bob.click("offline");
    await until(
      "the link is gone",
      async () => (await bob.transport()) === "",
      () => bob.evidence(),
    );
    for (const line of ["one", "two", "three"]) await say(alice, `while you were away: ${line}`);
    await hears(alice, "while you were away: three");
    await say(bob, "written without a network");
    await bob.click("offline");
    for (const line of ["one", "two", "three"]) await hears(bob, `while you were away: ${line}`);
    await hears(alice, "written without a network");
  });
});

/**
 * @param {DemoPage} page
 * @param {string} text
 */
async function say(page, text) {
  await page.tab.$eval(
    '[data-testid="chat-input"]',
    (input, text) => {
      /** @type {HTMLInputElement} */ (input).value = text;
    },
    text,
  );
  await page.click("chat-send");
}

/**
 * @param {DemoPage} page
 * @param {string} text
 */
function hears(page, text) {
  const heard = async () => (await page.text("chat-log")).includes(text);
  return until(`the chat shows: ${text}`, heard, () => page.evidence());
}

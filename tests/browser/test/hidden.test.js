// Pages that nobody looks at: hidden behind another tab, frozen, left and come back to. Hidden tabs are throttled here
// as they are for people.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { NOTHING, wrong } from "../src/moves.js";
import { TRANSPORTS } from "../src/page.js";
import { Stage } from "../src/stage.js";
import { until } from "../src/until.js";

/** @typedef {import("../src/page.js").DemoPage} DemoPage */

/** @type {Stage} */
let stage;
before(async () => {
  stage = await Stage.open({ throttled: true });
});
after(() => stage.close());

describe("a page", () => {
  for (const transport of TRANSPORTS) {
    it(`hidden behind another tab and looked at again loses nothing on ${transport}`, async () => {
      const page = await streaming(transport);
      const cover = await hide(page);
      await page.flows(100);
      await cover.close();
      await page.tab.bringToFront();
      await until("it is visible", () => sees(page, "visible"));
      await page.flows(100);
      assert.deepEqual(wrong(await page.stopStream()), NOTHING);
      await page.close();
    });
  }

  it("frozen by the browser, with its connections reset meanwhile, resumes its session", async () => {
    const { page, front } = await open();
    const cover = await hide(page);
    const devtools = await page.tab.createCDPSession();
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    front.cut();
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await cover.close();
    await page.tab.bringToFront();
    await page.flows(100);
    assert.deepEqual(wrong(await page.stopStream()), NOTHING);
    await page.close();
  });

  it("left and come back to out of the back/forward cache resumes its session", async () => {
    const { page } = await open();
    await page.tab.evaluate(() => {
      addEventListener("pageshow", ({ persisted }) => Object.assign(globalThis, { persisted }));
    });
    await page.tab.goto("about:blank");
    await page.tab.goBack({ waitUntil: "domcontentloaded" });
    const persisted = await page.tab.evaluate(() => /** @type {any} */ (globalThis).persisted);
    assert.equal(persisted, true, "the browser kept the page");
    await page.flows(100);
    assert.deepEqual(wrong(await page.stopStream()), NOTHING);
    await page.close();
  });

  it("closed for good says so: the others see it leave at once", async () => {
    const { page: stays } = await open();
    const { page: leaves } = await open();
    await until(
      "both are present",
      () => shows(stays, "2 here"),
      () => stays.evidence(),
    );
    await leaves.tab.close({ runBeforeUnload: true });
    await until(
      "one has left",
      () => shows(stays, "alone here"),
      () => stays.evidence(),
    );
    await stays.close();
  });
});

/** Opens the page with its stream running. */
async function open() {
  const front = await stage.front();
  const page = await stage.page(front.origin);
  await page.startStream();
  return { front, page };
}

/** @param {import("../src/page.js").Transport} transport */
async function streaming(transport) {
  const { page } = await open();
  await page.force(transport);
  return page;
}

/** Puts another tab in front of the page, which then knows that nobody looks. @param {DemoPage} page */
async function hide(page) {
  const cover = await stage.tab();
  await cover.bringToFront();
  await page.tab.emulateFocusedPage(false);
  await until("it is hidden", () => sees(page, "hidden"));
  return cover;
}

/**
 * @param {DemoPage} page
 * @param {DocumentVisibilityState} state
 */
async function sees(page, state) {
  return (await page.tab.evaluate(() => document.visibilityState)) === state;
}

/**
 * @param {DemoPage} page
 * @param {string} text
 */
async function shows(page, text) {
  return (await page.text("chat-present")).includes(text);
}

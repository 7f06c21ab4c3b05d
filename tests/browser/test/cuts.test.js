// Connections die while messages flow; the session does not.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Demo } from "../src/demo.js";
import { Front } from "../src/front.js";
import { NOTHING, wrong } from "../src/moves.js";
import { TRANSPORTS } from "../src/page.js";
import { Stage } from "../src/stage.js";
import { until } from "../src/until.js";

const CUTS = 5;

/** @type {Stage} */
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

describe("nothing is lost", { concurrency: 2 }, () => {
  for (const transport of TRANSPORTS) {
    it(`when the connections of ${transport} are reset mid-stream, again and again`, async () => {
      const front = await stage.front();
      const page = await stage.page(front.origin);
      await page.force(transport);
      await page.startStream();
      for (let cut = 0; cut < CUTS; cut += 1) {
        front.cut();
        await page.flows(25);
      }
      await page.live(transport);
      assert.deepEqual(wrong(await page.stopStream()), NOTHING);
    });
  }

  it("when the server cannot be reached for a while", async () => {
    const front = await stage.front();
    const page = await stage.page(front.origin);
    await page.startStream();
    front.gone = true;
    front.cut();
    await until(
      "the link is gone",
      async () => (await page.transport()) === "",
      () => page.evidence(),
    );
    front.gone = false;
    await page.live();
    await page.flows(100);
    assert.deepEqual(wrong(await page.stopStream()), NOTHING);
  });

  it("when the page's own buttons cut it and take it offline", async () => {
    const { origin } = await stage.front();
    const page = await stage.page(origin);
    await page.startStream();
    await page.click("cut");
    await page.flows(25);
    await page.click("offline");
    await until(
      "the link is gone",
      async () => (await page.transport()) === "",
      () => page.evidence(),
    );
    await page.click("offline");
    await page.flows(100);
    assert.deepEqual(wrong(await page.stopStream()), NOTHING);
  });
});

it("a server that crashed and came back says that the session is unknown, and a new one begins", async () => {
  const demo = await Demo.start();
  const front = await Front.open(demo.origin);
  const page = await stage.page(front.origin);
  await demo.crash();
  const next = await Demo.start(new URL(demo.origin).host);
  await until(
    "the session has ended",
    async () => (await page.state()) === "closed",
    () => page.evidence(),
  );
  assert.match(await page.text("ended-reason"), /4502/);
  await page.click("restart");
  await page.live();
  front.close();
  await next.stop();
});

// Each transport carries the session, with the client as the server serves it and as it is written.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { NOTHING, wrong } from "../src/moves.js";
import { TRANSPORTS } from "../src/page.js";
import { Stage } from "../src/stage.js";
import { until } from "../src/until.js";

/** @type {Stage} */
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

for (const [client, unbundled] of /** @type {const} */ ([
  ["bundled", false],
  ["unbundled", true],
])) {
  describe(`with the client ${client}`, { concurrency: 2 }, () => {
    for (const transport of TRANSPORTS) {
      it(`${transport} carries the stream both ways`, async () => {
        const { origin } = await stage.front({ unbundled });
        const page = await stage.page(origin);
        await page.force(transport);
        await page.startStream();
        await page.flows(100);
        assert.equal(await page.transport(), transport);
        assert.deepEqual(wrong(await page.stopStream()), NOTHING);
        assert.deepEqual(page.complaints, []);
      });
    }

    it("WebSocket is chosen where it works", async () => {
      const { origin } = await stage.front({ unbundled });
      const page = await stage.page(origin);
      await page.live("websocket");
      const works = async () => /works/i.test(await page.text("verdict-websocket"));
      await until("the page shows that WebSocket works", works, () => page.evidence());
    });

    it("everything comes from the page's own origin", async () => {
      const front = await stage.front({ unbundled });
      const page = await stage.page(front.origin);
      for (const transport of TRANSPORTS) await page.force(transport);
      const { host } = new URL(front.origin);
      assert.deepEqual(
        page.urls.filter((url) => new URL(url).host !== host),
        [],
      );
      assert.equal(front.asked.includes("/realtime/session.js"), unbundled);
      assert.deepEqual(page.complaints, []);
    });
  });
}

describe("a forced transport", { concurrency: 2 }, () => {
  it("is the only one that carries messages", async () => {
    const front = await stage.front();
    const page = await stage.page(front.origin);
    await page.force("long_poll");
    await page.startStream();
    const polls = () => front.asked.filter((path) => path === "/realtime/poll").length;
    const asked = polls();
    await page.force("websocket");
    await page.flows(20);
    const settled = polls();
    await page.flows(100);
    assert.ok(asked > 0, "long polling asks");
    assert.equal(polls(), settled, "WebSocket needs no request");
  });
});

// Networks that answer in the server's place, and browsers that lack something.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { NOTHING, wrong } from "../src/moves.js";
import { Stage } from "../src/stage.js";
import { until } from "../src/until.js";

/** @typedef {import("node:http").ServerResponse} Response */

const POLL = "/realtime/poll";
const PORTAL = "/portal";

/** Somebody else's answers to a poll. */
const ANSWERS = /** @type {Record<string, (response: Response) => void>} */ ({
  "a redirect to a login page": (response) => response.writeHead(302, { location: PORTAL }).end(),
  "a captive portal's page": (response) => html(response, 200),
  "a block page": (response) => html(response, 403),
  "a gateway that times out": (response) => html(response, 504),
});

/** @type {Stage} */
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

describe("a poll that is answered in the server's place", { concurrency: 2 }, () => {
  for (const [name, answer] of Object.entries(ANSWERS)) {
    it(`by ${name} ends no session, and nothing is lost`, async () => {
      const front = await stage.front();
      const page = await stage.page(front.origin);
      await page.force("long_poll");
      await page.startStream();
      let answered = 0;
      front.answer(POLL, (response) => {
        answered += 1;
        answer(response);
      });
      await until(
        "it was answered twice",
        () => answered >= 2,
        () => page.evidence(),
      );
      front.answer(POLL);
      await page.live("long_poll");
      await page.flows(100);
      assert.deepEqual(wrong(await page.stopStream()), NOTHING);
      assert.equal(front.asked.includes(PORTAL), false, "a redirect is never followed");
    });
  }
});

describe("the client finds another way", { concurrency: 2 }, () => {
  it("where WebSocket handshakes are never answered", async () => {
    const front = await stage.front();
    front.mute = true;
    const page = await stage.page(front.origin);
    await page.live("long_poll");
    await page.startStream();
    await page.flows(100);
    assert.deepEqual(wrong(await page.stopStream()), NOTHING);
  });

  it("where the browser has no WebSocket, and says that it is absent", async () => {
    const { origin } = await stage.front();
    const page = await stage.page(origin, { first: () => Reflect.deleteProperty(globalThis, "WebSocket") });
    await page.live("long_poll");
    const verdict = await page.tab.evaluate(
      () => /** @type {any} */ (globalThis).demo.session.verdicts.websocket.verdict,
    );
    assert.equal(verdict, "absent");
    assert.deepEqual(page.complaints, []);
  });

  it("and tells of a redirect that was in the way", async () => {
    const front = await stage.front();
    const page = await stage.page(front.origin);
    await page.force("long_poll");
    await page.startStream();
    await page.tab.evaluate(() => {
      const { demo, reasons = [] } = /** @type {any} */ (globalThis);
      demo.session.addEventListener("transport", (/** @type {any} */ { detail }) => reasons.push(detail.why));
      Object.assign(globalThis, { reasons });
    });
    front.answer(POLL, ANSWERS["a redirect to a login page"]);
    const reasons = () => page.tab.evaluate(() => /** @type {any} */ (globalThis).reasons.join());
    await until("a reason names the redirect", async () => /redirect/.test(await reasons()), reasons);
  });
});

/**
 * @param {Response} response
 * @param {number} status
 */
function html(response, status) {
  response.writeHead(status, { "content-type": "text/html" });
  response.end("<!doctype html><title>Welcome</title><p>Please accept the terms of this network.");
}

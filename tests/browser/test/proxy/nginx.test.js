// The same page behind nginx: TLS and HTTP/2 towards the browser, WebSocket over HTTP/1.1.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { NOTHING, tour, wrong } from "../../src/moves.js";
import { Nginx } from "../../src/nginx.js";
import { TRANSPORTS } from "../../src/page.js";
import { Stage } from "../../src/stage.js";
import { until } from "../../src/until.js";

const CUTS = 3;

describe("behind nginx", () => {
  /** @type {Stage} */
  let stage;
  /** @type {Nginx} */
  let nginx;
  before(async () => {
    stage = await Stage.open({ selfSigned: true });
    nginx = await Nginx.before(new URL(stage.demo.origin).host);
  });
  after(async () => {
    await nginx.stop();
    await stage.close();
  });

  it("a session moves over all six ordered pairs of transports and loses nothing", async () => {
    const page = await stage.page(nginx.origin);
    await tour(page, "behind nginx");
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  for (const transport of TRANSPORTS) {
    it(`the connections of ${transport} are reset mid-stream and nothing is lost`, async () => {
      const page = await stage.page(nginx.origin);
      await page.force(transport);
      await page.startStream();
      for (let cut = 0; cut < CUTS; cut += 1) {
        nginx.wire.cut();
        await page.flows(25);
      }
      await page.live(transport);
      assert.deepEqual(wrong(await page.stopStream()), NOTHING);
      await page.close();
    });
  }

  it("polls went over HTTP/2, and WebSockets over HTTP/1.1", async () => {
    // A request is in the log when it has ended, and the pages are closed.
    const ended = async () => {
      const requests = await nginx.requests();
      const has = (/** @type {string} */ line) => requests.includes(line);
      return has("HTTP/2.0 POST /realtime/poll 200") && has("HTTP/1.1 GET /realtime/websocket 101");
    };
    await until("both are in the log", ended);
    const protocols = new Set((await nginx.requests()).map((line) => line.split(" ", 3).slice(0, 2).join(" ")));
    assert.deepEqual([...protocols].sort(), ["HTTP/1.1 GET", "HTTP/2.0 GET", "HTTP/2.0 POST"]);
  });
});

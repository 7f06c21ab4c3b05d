// The client outside of browsers: in plain Node and in a thread of it, against the demo's server.

import { strict as assert } from "node:assert";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { Session } from "../../../client-js/src/index.js";
import { Demo } from "../src/demo.js";
import { plainly } from "../src/node.js";
import { TRANSPORTS } from "../src/page.js";
import { pings, well } from "../src/pings.js";

const THREAD = new URL("../src/thread.js", import.meta.url);

/** @type {Demo} */
let demo;
before(async () => {
  demo = await Demo.start();
});
after(() => demo.stop());

describe("a hundred messages each way", () => {
  for (const transport of TRANSPORTS) {
    it(`in plain Node, over ${transport}`, async () => {
      assert.deepEqual(await plainly(demo.origin, transport), well(transport));
    });

    it(`in a thread of Node, over ${transport}`, async () => {
      const thread = new Worker(THREAD, { workerData: { origin: demo.origin, transport } });
      const [answer] = await once(thread, "message");
      assert.deepEqual(answer, well(transport));
    });
  }

  it("in plain Node with nothing handed in, which polls where there is no WebSocket", async () => {
    const { transport = "", ...rest } = await pings(Session, `${demo.origin}/realtime`);
    assert.ok(transport === "long_poll" || "WebSocket" in globalThis, transport);
    assert.deepEqual({ transport, ...rest }, well(transport));
  });
});

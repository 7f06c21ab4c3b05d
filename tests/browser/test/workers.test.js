// The client in a module worker, which has no page around it.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { TRANSPORTS } from "../src/page.js";
import { well } from "../src/pings.js";
import { Stage } from "../src/stage.js";

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
  describe(`a module worker with the client ${client}`, { concurrency: 2 }, () => {
    for (const transport of TRANSPORTS) {
      it(`has a hundred messages answered over ${transport}`, async () => {
        const tab = await stage.blank(await stage.front({ unbundled }));
        const answer = await tab.evaluate(async (transport) => {
          const worker = new Worker("worker.js", { type: "module" });
          worker.postMessage(transport);
          return new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = ({ message }) => reject(new Error(message));
          });
        }, transport);
        assert.deepEqual(answer, well(transport));
      });
    }
  });
}

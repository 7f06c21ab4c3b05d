// A session moves between all transports under load.

import { after, before, describe, it } from "node:test";
import { tour } from "../src/moves.js";
import { Stage } from "../src/stage.js";

describe("a session moves over all six ordered pairs of transports under 100 messages a second each way", () => {
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
    it(`and loses, repeats and reorders nothing, with the client ${client}`, async () => {
      const { origin } = await stage.front({ unbundled });
      await tour(await stage.page(origin), client);
    });
  }
});

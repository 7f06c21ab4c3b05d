// A page whose session is at a server of another origin.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { TRANSPORTS } from "../src/page.js";
import { well } from "../src/pings.js";
import { Stage } from "../src/stage.js";

/** @typedef {import("../src/front.js").Front} Front */
/** @typedef {import("../src/page.js").Transport} Transport */

/** @type {Stage} */
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

describe("a page of another origin", { concurrency: 2 }, () => {
  for (const transport of TRANSPORTS) {
    it(`that is allowed talks over ${transport}`, async () => {
      const here = await stage.front();
      // The server allows the origin that `Host` names.
      const there = await stage.front({ host: new URL(here.origin).host });
      assert.deepEqual(await talk(here, there, [transport]), well(transport));
    });
  }

  // A refused WebSocket handshake tells a page nothing, so it is by polls that its session learns why.
  for (const transports of /** @type {Transport[][]} */ ([[...TRANSPORTS], ["long_poll"], ["periodic"]])) {
    it(`that is refused is told so, and why, with ${transports.join(", ")} to try`, async () => {
      const [here, there] = [await stage.front(), await stage.front()];
      const { answered, code, reason } = await talk(here, there, transports);
      assert.deepEqual({ answered, code }, { answered: [], code: 4709 });
      for (const named of [here.origin, new URL(there.origin).host]) assert.ok(reason.includes(named), reason);
    });
  }
});

/**
 * A page of one origin talks with the server of another.
 * @param {Front} here
 * @param {Front} there
 * @param {Transport[]} transports
 */
async function talk(here, there, transports) {
  const tab = await stage.blank(here);
  return tab.evaluate(
    async (origin, transports) => {
      const { Session } = await import(`${origin}/realtime/client.js`);
      const { pings } = await import("/blank/pings.js");
      return pings(Session, `${origin}/realtime`, { transports });
    },
    there.origin,
    transports,
  );
}

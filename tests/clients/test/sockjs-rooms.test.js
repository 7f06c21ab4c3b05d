// A room in which pages are together: with the official client of SockJS, with ours, and with a WebSocket alone.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { until } from "../../browser/src/until.js";
import { NOTHING, wrong } from "../src/conversation.js";
import { count, enter, heardOf } from "../src/gathering.js";
import { Server } from "../src/server.js";
import { Stage } from "../src/stage.js";
import { within } from "../src/within.js";

/** As many numbers are said by each. */
const COUNT = 200;

/** Who is there, as kinds of client and their transports. */
const MEMBERS = /** @type {Record<string, { kind: import("../src/gathering.js").Kind, transport?: string }>} */ ({
  ann: { kind: "sockjs", transport: "websocket" },
  bob: { kind: "sockjs", transport: "xhr-streaming" },
  cleo: { kind: "sockjs", transport: "xhr-polling" },
  dora: { kind: "sockjs", transport: "jsonp-polling" },
  emil: { kind: "throughline" },
  fay: { kind: "plain" },
});

/** @type {Server} */
let server;
/** @type {Stage} */
let stage;
before(async () => {
  [server, stage] = await Promise.all([Server.sockjs(), Stage.open()]);
});
after(() => Promise.all([server.stop(), stage.close()]));

describe("a room of pages", () => {
  it("is the same for SockJS, for Throughline and for a WebSocket alone", async () => {
    const entering = Object.entries(MEMBERS).map(async ([who, { kind, transport }]) => {
      const page = await stage.page("sockjs-client", stage.site);
      await within(page.evaluate(enter, kind, server.origin, who, transport));
      return { who, page };
    });
    const members = await Promise.all(entering);
    await Promise.all(members.map(({ who, page }) => page.evaluate(count, who, COUNT)));
    for (const { who, page } of members) {
      for (const other of Object.keys(MEMBERS)) {
        const heard = () => page.evaluate(heardOf, other);
        await until(`${who} has heard all of ${other}`, async () => (await heard()).length >= COUNT, heard);
        assert.deepEqual(wrong(await heard(), COUNT), NOTHING);
      }
    }
    await Promise.all(members.map(({ page }) => page.close()));
  });
});

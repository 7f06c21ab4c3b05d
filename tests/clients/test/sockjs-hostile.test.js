// The official client of SockJS behind networks that break things: where its wire format can survive them, nothing is
// lost and nothing repeated; where it cannot, its losses are counted and shown.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import SockJS from "sockjs-client";
import { Hostile } from "../../browser/src/hostile.js";
import { NOTHING, wrong } from "../src/conversation.js";
import { Everybody } from "../src/everybody.js";
import { Server } from "../src/server.js";
import { converse, IN_PAGES } from "../src/sockjs.js";
import { Stage } from "../src/stage.js";
import { within } from "../src/within.js";

/** As many numbers are said in each network. */
const COUNT = 300;
/** So many times all connections are reset. */
const CUTS = 10;
/** As many numbers are said before and after each. */
const BETWEEN = 40;

/** @type {Server} */
let server;
/** @type {Stage} */
let stage;
before(async () => {
  Object.assign(globalThis, { SockJS });
  stage = await Stage.open();
  server = await Server.sockjs("--sockjs-url", stage.sockjs);
});
after(() => Promise.all([server.stop(), stage.close()]));

/** @param {string[]} faults @param {(hostile: Hostile) => Promise<void>} play */
async function behind(faults, play) {
  const hostile = await Hostile.start(server.address);
  try {
    await hostile.set(faults);
    await play(hostile);
  } finally {
    await hostile.stop();
  }
}

/** What a client ends up with that may choose. */
const FALLBACKS = /** @type {Record<string, { faults: string[], transport: string }>} */ ({
  "nothing in the way": { faults: [], transport: "websocket" },
  "WebSockets refused": { faults: ["upgrade-refused=403"], transport: "xhr-streaming" },
  "WebSockets stripped": { faults: ["upgrade-stripped"], transport: "xhr-streaming" },
  "WebSockets never answered": { faults: ["upgrade-hung"], transport: "xhr-streaming" },
  "WebSockets open and mute": { faults: ["mute=both"], transport: "xhr-streaming" },
  "WebSockets refused and answers held back": {
    faults: ["upgrade-refused=403", "buffered"],
    transport: "xhr-polling",
  },
});

describe("sockjs-client that may choose its transport", { concurrency: 2 }, () => {
  for (const [name, { faults, transport }] of Object.entries(FALLBACKS)) {
    it(`takes ${transport} with ${name}: in Node`, async () => {
      await behind(faults, async ({ origin }) => {
        const heard = await within(converse(`${origin}/echo`, undefined, undefined, "[]", COUNT));
        assert.equal(heard.used, transport);
        assert.deepEqual(wrong(heard.numbers, COUNT), NOTHING);
      });
    });

    it(`takes ${transport} with ${name}: in Chromium`, async () => {
      await behind(faults, async ({ origin }) => {
        const page = await stage.page("sockjs-client", stage.site);
        const url = `${origin}/echo`;
        const heard = await within(page.evaluate(converse, url, undefined, undefined, "[]", COUNT));
        assert.equal(heard.used, transport);
        assert.deepEqual(wrong(heard.numbers, COUNT), NOTHING);
        await page.close();
      });
    });
  }
});

/** Which requests are sent twice. */
const TWICE = /** @type {Record<string, string[]>} */ ({
  "xhr-streaming": ["post-repeated=same path=/echo/000/twice-xhr-streaming/xhr_send"],
  eventsource: ["post-repeated=same"],
  "xhr-polling": ["post-repeated=same"],
  "jsonp-polling": ["post-repeated=same", "get-repeated=same"],
});

describe("sockjs-client in Chromium whose requests are sent twice", { concurrency: 2 }, () => {
  for (const [transport, faults] of Object.entries(TWICE)) {
    it(`is heard and hears once: ${transport}`, async () => {
      await behind(faults, async (hostile) => {
        const page = await stage.page("sockjs-client", stage.site);
        const name = `twice-${transport}`;
        const url = `${hostile.origin}/echo`;
        const heard = await within(page.evaluate(converse, url, transport, name, "[]", COUNT));
        assert.deepEqual(wrong(heard.numbers, COUNT), NOTHING);
        const { struck } = await hostile.counts();
        assert.ok(struck["post-repeated"] > 0);
        await page.close();
      });
    });
  }
});

/** What becomes of those whose session ends with its connection, for people to read. @type {string[]} */
const losses = [];
after(() => {
  for (const loss of losses) console.log(`clients: ${loss}`);
});

describe("sockjs-client in Chromium whose connections are reset again and again", { concurrency: 3 }, () => {
  for (const transport of IN_PAGES.filter((transport) => !/^iframe-|^htmlfile$/.test(transport))) {
    const isPolling = transport.endsWith("polling");
    const promise = isPolling ? "misses nothing and goes on" : "hears nothing twice";
    it(`${promise}: ${transport}`, async () => {
      await behind([], async (hostile) => {
        const page = await stage.page("sockjs-client", stage.site);
        const room = await Everybody.meet(server.origin, hostile.origin, page, transport);
        await room.pageTalks(true);
        for (let cut = 0; cut < CUTS; cut += 1) {
          await room.count(BETWEEN);
          await hostile.set(["cut"]);
        }
        await room.count(BETWEEN);
        const { down, up, ends } = await room.result();
        losses.push(
          `sockjs-client over ${transport}, 100 messages a second each way and ${CUTS} resets: ` +
            `${down.lost} lost down, ${up.lost} up, ${down.repeated + up.repeated} repeated, ${ends} sessions lost`,
        );
        assert.deepEqual({ ...down, lost: 0 }, NOTHING);
        assert.deepEqual({ ...up, lost: 0 }, NOTHING);
        if (isPolling) assert.deepEqual({ down, up, ends }, { down: NOTHING, up: NOTHING, ends: 0 });
        else assert.ok(ends > 0);
        room.close();
        await page.close();
      });
    });
  }
});

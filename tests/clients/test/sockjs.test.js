// The official client of SockJS against our server, in Node and in Chromium, over each of its transports: every text is
// heard as it was said, once and in its order, and each side learns how the other one ended.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import SockJS from "sockjs-client";
import { until } from "../../browser/src/until.js";
import { NOTHING, wrong } from "../src/conversation.js";
import { HEARD, SAID } from "../src/payloads.js";
import { Server } from "../src/server.js";
import { awaitEnd, converse, IN_NODE, IN_PAGES } from "../src/sockjs.js";
import { Stage } from "../src/stage.js";
import { within } from "../src/within.js";

/** As many numbers are said over each transport. */
const COUNT = 1_000;
const DONE = { code: 3001, reason: "done", wasClean: true };
const AWAY = { opened: true, code: 3000, reason: "Go away!", wasClean: true };
const TEXTS = JSON.stringify(SAID);

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

/** @type {string[]} */
const sessions = [];
const name = () => {
  const session = `session-${sessions.length}`;
  sessions.push(session);
  return session;
};

/** @param {Awaited<ReturnType<typeof converse>>} conversation @param {string} transport */
function isWhole({ used, texts, numbers, ending }, transport) {
  assert.equal(used, transport);
  assert.deepEqual(JSON.parse(texts), HEARD);
  assert.equal(numbers.length, COUNT);
  assert.deepEqual(wrong(numbers, COUNT), NOTHING);
  assert.deepEqual(ending, DONE);
}

describe("sockjs-client in Node", { concurrency: 2 }, () => {
  for (const transport of IN_NODE) {
    it(`hears everything as it was said: ${transport}`, async () => {
      isWhole(await within(converse(`${server.origin}/echo`, transport, name(), TEXTS, COUNT)), transport);
    });

    it(`is heard as often as it says the same, whatever its URL has in it: ${transport}`, async () => {
      const same = JSON.stringify(Array(5).fill("again"));
      for (const query of ["t=1", "t=1&i=2&c=_jp.a"]) {
        const url = `${server.origin}/echo?${query}`;
        const { texts, numbers } = await within(converse(url, transport, undefined, same, 300));
        assert.equal(texts, same);
        assert.deepEqual(wrong(numbers, 300), NOTHING);
      }
    });

    it(`is told how the application ended it: ${transport}`, async () => {
      assert.deepEqual(await within(awaitEnd(`${server.origin}/close`, transport)), AWAY);
    });
  }

  it("does not ask for a WebSocket where there is none", async () => {
    const answer = await fetch(`${server.origin}/disabled_websocket_echo/info`);
    assert.equal((await answer.json()).websocket, false);
    const { used } = await within(converse(`${server.origin}/disabled_websocket_echo`, undefined, undefined, "[]", 1));
    assert.equal(used, "xhr-streaming");
  });

  it("is told that there is nothing where no service is", async () => {
    const ending = await within(awaitEnd(`${server.origin}/nothing`, "websocket"));
    assert.deepEqual(ending, { opened: false, code: 1002, reason: "Cannot connect to server", wasClean: false });
  });
});

for (const where of /** @type {const} */ (["the server's own origin", "another site"])) {
  const isOwn = where === "the server's own origin";

  /** A page there, and what it complains of. */
  const open = async () => {
    const page = await stage.page("sockjs-client", isOwn ? `${server.origin}/echo` : stage.site);
    /** @type {string[]} */
    const complaints = [];
    page.on("console", (message) => {
      const isOurs = message.type() === "error" && !message.location().url?.endsWith("/favicon.ico");
      if (isOurs) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(`${error}`));
    return { page, complaints };
  };

  describe(`sockjs-client in a page of ${where}`, { concurrency: 2 }, () => {
    for (const transport of IN_PAGES.filter((transport) => isOwn || transport !== "htmlfile")) {
      it(`hears everything as it was said, and how it ends: ${transport}`, async () => {
        const { page, complaints } = await open();
        const url = `${server.origin}/echo`;
        // A script that is being loaded goes on loading when nobody wants it any more, up to the next heartbeat.
        const session = transport === "jsonp-polling" ? undefined : name();
        isWhole(await within(page.evaluate(converse, url, transport, session, TEXTS, COUNT)), transport);
        assert.deepEqual(await within(page.evaluate(awaitEnd, `${server.origin}/close`, transport)), AWAY);
        assert.deepEqual(complaints, []);
        await page.close();
      });
    }

    it("takes a WebSocket when it may choose", async () => {
      const { page } = await open();
      const { used } = await within(page.evaluate(converse, `${server.origin}/echo`, undefined, undefined, "[]", 1));
      assert.equal(used, "websocket");
      await page.close();
    });

    it("has cookies sent along where the service wants them", async () => {
      const { page } = await open();
      const url = `${server.origin}/cookie_needed_echo`;
      isWhole(await within(page.evaluate(converse, url, "xhr-polling", undefined, TEXTS, COUNT)), "xhr-polling");
      await page.close();
    });
  });
}

describe("sockjs-client in a page of another site", () => {
  it("has no htmlfile, by its own choice", async () => {
    const page = await stage.page("sockjs-client", stage.site);
    const ending = await within(page.evaluate(awaitEnd, `${server.origin}/close`, "htmlfile"));
    assert.deepEqual(ending, { opened: false, code: 2000, reason: "All transports failed", wasClean: false });
    await page.close();
  });
});

describe("sockjs-client that has gone", () => {
  it("leaves no session behind, whatever its transport", async () => {
    const url = (/** @type {string} */ session) => `${server.origin}/echo/9/${session}/xhr_send`;
    for (const session of sessions)
      await until(`${session} is gone`, async () => (await fetch(url(session), { method: "POST" })).status === 404);
  });
});

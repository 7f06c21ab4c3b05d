// STOMP over SockJS, by the client that most pages use for it, with a broker that is an application of ours.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import * as StompJs from "@stomp/stompjs";
import SockJS from "sockjs-client";
import { NOTHING, wrong } from "../src/conversation.js";
import { Server } from "../src/server.js";
import { IN_NODE } from "../src/sockjs.js";
import { Stage } from "../src/stage.js";
import { correspond } from "../src/stomp.js";
import { within } from "../src/within.js";

const COUNT = 300;
/** In milliseconds. */
const HEART_BEAT = 500;
const TEXT = "a\0b 100%25 😀 \u2028 </script>";

/** @type {Server} */
let broker;
/** @type {Stage} */
let stage;
before(async () => {
  Object.assign(globalThis, { SockJS, StompJs });
  [broker, stage] = await Promise.all([Server.stomp(HEART_BEAT), Stage.open()]);
});
after(() => Promise.all([broker.stop(), stage.close()]));

/** @param {Awaited<ReturnType<typeof correspond>>} correspondence */
function isWhole({ numbers, texts, closed, disconnected, error }) {
  assert.deepEqual(wrong(numbers, COUNT + 1), NOTHING);
  assert.deepEqual(texts, [{ body: JSON.stringify(TEXT), custom: "a:b\\d\ne", type: "text/plain" }]);
  assert.equal(disconnected, "RECEIPT");
  assert.deepEqual(closed, { code: 1000, wasClean: true });
  assert.equal(error, "a command that this broker does not know");
}

describe("@stomp/stompjs over sockjs-client in Node", { concurrency: true }, () => {
  for (const transport of IN_NODE) {
    it(`gets what it has subscribed to, receipts, heart-beats and errors: ${transport}`, async () => {
      isWhole(await within(correspond(`${broker.origin}/stomp`, transport, COUNT, HEART_BEAT, TEXT)));
    });
  }
});

describe("@stomp/stompjs over sockjs-client in Chromium", { concurrency: true }, () => {
  for (const transport of IN_NODE) {
    it(`gets what it has subscribed to, receipts, heart-beats and errors: ${transport}`, async () => {
      const page = await stage.page(["sockjs-client", "@stomp/stompjs"]);
      const url = `${broker.origin}/stomp`;
      isWhole(await within(page.evaluate(correspond, url, transport, COUNT, HEART_BEAT, TEXT)));
      await page.close();
    });
  }
});

// The official clients of Socket.IO in Chromium, in a page of another origin.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { KINDS } from "../src/io.js";
import { Server } from "../src/server.js";
import { Stage } from "../src/stage.js";
import { within } from "../src/within.js";

const CLIENTS = /** @type {const} */ (["socket.io-client 4", "socket.io-client 2"]);
const SAID = 1_000;

/** @type {Server} */
let server;
/** @type {Stage} */
let stage;
before(async () => {
  [server, stage] = await Promise.all([Server.start("--ping-interval", "300", "--eio3"), Stage.open()]);
});
after(() => Promise.all([server.stop(), stage.close()]));

for (const client of CLIENTS) {
  describe(`${client} in Chromium`, () => {
    for (const kind of KINDS) {
      it(`hears everything in its order, bytes too, and is answered: ${kind}`, async () => {
        const page = await stage.page(client);
        const heard = await within(page.evaluate(converse, server.origin, kind, SAID));
        assert.deepEqual(heard.bytes, [1, 2, 3]);
        assert.deepEqual(heard.answer, ["two", { three: 3 }]);
        assert.deepEqual(
          heard.numbers,
          Array.from({ length: SAID }, (_, number) => number),
        );
        assert.equal(heard.transport, kind === "polling" ? "polling" : "websocket");
        await page.close();
      });
    }
  });
}

/**
 * Runs in the page. Headers of the page's own make the browser ask first whether they may be sent.
 * @param {string} origin
 * @param {import("../src/io.js").Kind} kind
 * @param {number} said
 */
async function converse(origin, kind, said) {
  const extraHeaders = { "x-custom": "abc" };
  const options = {
    // The earlier client asks for cookies to be sent, unless told otherwise; no server of ours invites them.
    withCredentials: false,
    ...(kind !== "default" && { transports: [kind] }),
    ...(kind !== "websocket" && { extraHeaders, transportOptions: { polling: { extraHeaders } } }),
  };
  const socket = /** @type {any} */ (globalThis).io(origin, options);
  /** @type {(name: string) => Promise<any[]>} */
  const next = (name) => new Promise((resolve) => socket.once(name, (/** @type {any[]} */ ...args) => resolve(args)));
  /** @type {(...args: unknown[]) => Promise<any[]>} */
  const asked = (...args) =>
    new Promise((resolve) =>
      socket.emit("message-with-ack", ...args, (/** @type {any[]} */ ...answer) => resolve(answer)),
    );
  await next("connect");
  const echo = next("message-back");
  socket.emit("message", { nested: new Uint8Array([1, 2, 3]).buffer });
  const [{ nested }] = await echo;
  /** @type {number[]} */
  const numbers = [];
  socket.on("message-back", (/** @type {number} */ number) => numbers.push(number));
  for (let number = 0; number < said; number += 1) socket.emit("message", number);
  const answer = await asked("two", { three: 3 });
  const { engine } = socket.io;
  if (kind === "default" && engine.transport.name === "polling")
    await new Promise((resolve) => engine.once("upgrade", resolve));
  const transport = engine.transport.name;
  socket.disconnect();
  return { bytes: [...new Uint8Array(nested)], answer, numbers, transport };
}

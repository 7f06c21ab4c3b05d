// The official client of Socket.IO against our server: events, acknowledgements, bytes, namespaces and refusals.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Hostile } from "../../browser/src/hostile.js";
import { Client, KINDS } from "../src/io.js";
import { Server } from "../src/server.js";

/** @type {Server} */
let server;
/** The one that asks back, and that recovers. @type {Server} */
let asking;
before(async () => {
  server = await Server.start("--ping-interval", "300");
  asking = await Server.start("--profile", "socket-client");
});
after(() => Promise.all([server.stop(), asking.stop()]));

for (const kind of KINDS) {
  describe(`socket.io-client 4, ${kind}`, { concurrency: true }, () => {
    it("connects with what it has to show, and is told it back", async () => {
      const client = await Client.connected(server.origin, kind, { auth: { token: "abc" } });
      assert.deepEqual(await client.hears("auth"), [{ token: "abc" }]);
      assert.match(client.socket.id ?? "", /./);
      assert.ok(!client.socket.recovered);
      client.close();
    });

    it("hears its arguments as they were", async () => {
      const client = await Client.connected(server.origin, kind);
      const args = [1, "two", { three: [4, null, true] }, "é€𝄞"];
      client.socket.emit("message", ...args);
      assert.deepEqual(await client.hears("message-back"), args);
      client.close();
    });

    it("hears bytes within its arguments as they were", async () => {
      const client = await Client.connected(server.origin, kind);
      const args = [Buffer.from([1, 2, 3]), { nested: [Buffer.from([]), "text"] }, Buffer.alloc(100_000, 7)];
      client.socket.emit("message", ...args);
      assert.deepEqual(await client.hears("message-back"), args);
      client.close();
    });

    it("is answered, also with bytes", async () => {
      const client = await Client.connected(server.origin, kind);
      const { socket } = client;
      assert.deepEqual(await socket.emitWithAck("message-with-ack", 1, "two"), 1);
      const answer = await new Promise((resolve) => {
        socket.emit("message-with-ack", Buffer.from([1, 2]), "two", (/** @type {unknown[]} */ ...args) =>
          resolve(args),
        );
      });
      assert.deepEqual(answer, [Buffer.from([1, 2]), "two"]);
      client.close();
    });

    it("answers what the server asks", async () => {
      const client = await Client.connected(asking.origin, kind);
      client.socket.on("ack", (/** @type {(...args: unknown[]) => void} */ answer) => answer(5, { test: true }));
      client.socket.emit("ack");
      await client.hears("got it");
      client.close();
    });

    it("gives up on an answer that does not come", async () => {
      const client = await Client.connected(server.origin, kind);
      await assert.rejects(client.socket.timeout(50).emitWithAck("nobody hears this"), /timed out/);
      client.close();
    });

    it("is in several namespaces over one connection", async () => {
      const main = await Client.connected(server.origin, kind);
      const manager = main.socket.io;
      const custom = manager.socket("/custom", { auth: { who: "me" } });
      const told = await new Promise((resolve) => custom.on("auth", resolve));
      assert.deepEqual(told, { who: "me" });
      assert.notEqual(custom.id, main.socket.id);
      custom.disconnect();
      assert.deepEqual(await main.socket.emitWithAck("message-with-ack", "still here"), "still here");
      main.close();
    });

    it("is told of a namespace that is none, and may ask for another", async () => {
      const client = Client.of(`${server.origin}/nothing`, kind);
      const [error] = /** @type {Error[]} */ (await client.hears("connect_error"));
      assert.equal(error.message, "Invalid namespace");
      client.close();
    });

    it("is told why it is refused", async () => {
      const client = Client.of(`${asking.origin}/no`, kind);
      const [error] = /** @type {Error[]} */ (await client.hears("connect_error"));
      assert.equal(error.message, "Auth failed (custom namespace)");
      client.close();
      const other = Client.of(asking.origin, kind, { query: { fail: true } });
      const [reason] = /** @type {Error[]} */ (await other.hears("connect_error"));
      assert.equal(reason.message, "Auth failed (main namespace)");
      other.close();
    });

    it("says goodbye, and comes back as somebody new", async () => {
      const client = await Client.connected(server.origin, kind);
      const { id } = client.socket;
      client.close();
      assert.equal((await client.hears("disconnect"))[0], "io client disconnect");
      const from = client.heard.length;
      client.socket.connect();
      await client.hears("connect", from);
      assert.notEqual(client.socket.id, id);
      client.close();
    });

    it("hears thousands of events in their order", async () => {
      const client = await Client.connected(server.origin, kind);
      const numbers = Array.from({ length: 5_000 }, (_, number) => number);
      for (const number of numbers) client.socket.emit("message", number);
      await client.socket.emitWithAck("message-with-ack", "the last");
      assert.deepEqual(client.all("message-back"), numbers);
      client.close();
    });
  });
}

describe("socket.io-client 4 whose requests are all sent twice", { concurrency: true }, () => {
  for (const kind of /** @type {import("../src/io.js").Kind[]} */ (["polling", "default"])) {
    it(`connects, and each event is handled once, also with bytes: ${kind}`, async () => {
      const hostile = await Hostile.start(server.address);
      await hostile.set(["post-repeated=same", "get-repeated=same", "upgrade-refused=403"]);
      const client = await Client.connected(hostile.origin, kind);
      const said = Array.from({ length: 100 }, (_, number) => [number, Buffer.of(number)]);
      for (const [number, bytes] of said) client.socket.emit("message", number, bytes);
      await client.socket.emitWithAck("message-with-ack", "the last");
      const heard = client.heard.filter(([name]) => name === "message-back").map(([, ...args]) => args);
      assert.deepEqual(heard, said);
      assert.equal(client.all("connect").length, 1);
      client.close();
      await hostile.stop();
    });
  }
});

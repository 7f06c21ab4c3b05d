// The official client of Socket.IO 2 against our server, which is told to serve such clients.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import io2 from "socket.io-client-2";
import { Client, KINDS } from "../src/io.js";
import { Server } from "../src/server.js";

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start("--ping-interval", "300", "--eio3");
});
after(() => server.stop());

/** What the server answers. @param {Client} client @param {unknown[]} args @returns {Promise<unknown[]>} */
const asked = (client, ...args) =>
  new Promise((resolve) => {
    client.socket.emit("message-with-ack", ...args, (/** @type {unknown[]} */ ...answer) => resolve(answer));
  });

for (const kind of KINDS) {
  describe(`socket.io-client 2, ${kind}`, { concurrency: true }, () => {
    const connected = (/** @type {string} */ namespace = "/", options = {}) =>
      Client.connected(server.origin + namespace, kind, options, io2);

    it("is in the main namespace at once, and hears its arguments as they were", async () => {
      const client = await connected();
      assert.deepEqual(await client.hears("auth"), [{}]);
      const args = [1, "two", { three: [4, null, true] }, "é€𝄞"];
      client.socket.emit("message", ...args);
      assert.deepEqual(await client.hears("message-back"), args);
      client.close();
    });

    it("hears bytes within its arguments as they were", async () => {
      const client = await connected();
      const args = [Buffer.from([1, 2, 3]), { nested: [Buffer.from([]), "text"] }, Buffer.alloc(100_000, 7)];
      client.socket.emit("message", ...args);
      assert.deepEqual(await client.hears("message-back"), args);
      client.close();
    });

    it("is answered, also with bytes", async () => {
      const client = await connected();
      assert.deepEqual(await asked(client, 1, "two"), [1, "two"]);
      assert.deepEqual(await asked(client, Buffer.from([1, 2]), "two"), [Buffer.from([1, 2]), "two"]);
      client.close();
    });

    it("says in its query what later versions show with CONNECT", async () => {
      const client = await connected("/custom?token=abc");
      assert.deepEqual(await client.hears("auth"), [{ token: "abc" }]);
      client.close();
    });

    it("is told of a namespace that is none", async () => {
      const client = Client.of(`${server.origin}/nothing`, kind, {}, io2);
      assert.deepEqual(await client.hears("error"), ["Invalid namespace"]);
      client.close();
    });

    it("says goodbye, and comes back as somebody new", async () => {
      const client = await connected();
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
      const client = await connected();
      const numbers = Array.from({ length: 5_000 }, (_, number) => number);
      for (const number of numbers) client.socket.emit("message", number);
      await asked(client, "the last");
      assert.deepEqual(client.all("message-back"), numbers);
      client.close();
    });
  });
}

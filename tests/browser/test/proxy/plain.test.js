// What the Rust suites say in plain HTTP/1.1 reaches nginx as a browser would say it.

import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer, get, request } from "node:http";
import { after, before, describe, it } from "node:test";
import { Nginx } from "../../src/nginx.js";
import { Plain } from "../../src/plain.js";
import { until } from "../../src/until.js";

describe("plain HTTP/1.1 goes on to nginx", () => {
  const server = createServer((_, response) => response.end("hello"));
  /** @type {Nginx} */
  let nginx;
  /** @type {Plain} */
  let plain;
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    nginx = await Nginx.before(`127.0.0.1:${port}`);
    plain = await Plain.open(nginx.socket);
  });
  after(async () => {
    plain.close();
    await nginx.stop();
    server.close();
  });

  it("as HTTP/2 where it is a request", async () => {
    const posted = request(`http://${plain.address}/poll`, { method: "POST" }).end("a body");
    const [answer] = await once(posted, "response");
    assert.equal((await answer.toArray()).join(""), "hello");
    await logged("HTTP/2.0 POST /poll 200");
  });

  it("as HTTP/1.1 where it is a WebSocket", async () => {
    server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"));
    const headers = { connection: "upgrade", upgrade: "websocket" };
    const [answer, socket] = await once(get(`http://${plain.address}/websocket`, { headers }), "upgrade");
    assert.equal(answer.statusCode, 101);
    socket.destroy();
    await logged("HTTP/1.1 GET /websocket 101");
  });

  /** @param {string} line */
  function logged(line) {
    return until(
      `${line} is in the log`,
      async () => (await nginx.requests()).includes(line),
      () => nginx.requests(),
    );
  }
});

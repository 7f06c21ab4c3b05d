/** Bytes between a TCP port of our own and a server behind it, until a test resets them. It counts them, and reads none. */

import { connect, createServer } from "node:net";

/** @typedef {import("node:net").Socket} Socket */

export class Wire {
  #server = createServer((socket) => this.#join(socket));
  #target;
  /** @type {Set<Socket>} */
  #clients = new Set();
  /** What went to the server and came back. */
  bytes = 0;

  /** @param {import("node:net").NetConnectOpts} target */
  constructor(target) {
    this.#target = target;
  }

  /** @param {import("node:net").NetConnectOpts} target */
  static async open(target) {
    const wire = new Wire(target);
    await new Promise((resolve) => wire.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return wire;
  }

  /** Its address: `127.0.0.1:PORT`. */
  get address() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `127.0.0.1:${port}`;
  }

  /** Resets every connection in the middle of what it carries. */
  cut() {
    for (const client of this.#clients) client.resetAndDestroy();
  }

  close() {
    this.#server.close();
    this.cut();
  }

  /** @param {Socket} client */
  #join(client) {
    const server = connect(this.#target);
    this.#clients.add(client);
    client.pipe(server).pipe(client);
    for (const side of [client, server]) side.on("data", ({ length }) => (this.bytes += length));
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
    server.on("close", () => client.destroy());
    client.on("close", () => {
      this.#clients.delete(client);
      server.destroy();
    });
  }
}

/** A second listener of the same server, which drops every other connection as soon as it is asked something. */

import { connect, createServer } from "node:net";

export class Unsteady {
  #server = createServer((socket) => this.#join(socket));
  #upstream;
  #count = 0;
  dropped = 0;

  /** @param {string} upstream `127.0.0.1:PORT` */
  constructor(upstream) {
    this.#upstream = Number(upstream.split(":")[1]);
  }

  /** @param {string} upstream */
  static async open(upstream) {
    const unsteady = new Unsteady(upstream);
    await new Promise((resolve) => unsteady.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return unsteady;
  }

  get address() {
    return `127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (this.#server.address()).port}`;
  }

  close() {
    this.#server.close();
  }

  /** @param {import("node:net").Socket} client */
  #join(client) {
    client.on("error", () => {});
    this.#count += 1;
    if (this.#count % 2) return client.once("data", () => this.#drop(client));
    const server = connect(this.#upstream, "127.0.0.1");
    server.on("error", () => client.destroy());
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
    return client.pipe(server).pipe(client);
  }

  /** @param {import("node:net").Socket} client */
  #drop(client) {
    this.dropped += 1;
    client.resetAndDestroy();
  }
}

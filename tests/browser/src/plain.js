/**
 * For clients that speak plain HTTP/1.1 alone, such as those of the Rust suites: what they say goes on to nginx as a
 * browser would say it. Requests become HTTP/2, WebSockets stay HTTP/1.1, and both go through TLS. A connection of the
 * client is one connection to nginx, and they die together.
 */

import { createServer } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { connect as connectTls } from "node:tls";
import { headOf } from "./front.js";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** @typedef {import("node:net").Socket} Socket */
/** @typedef {import("node:http2").ClientHttp2Session} Http2 */

/** What HTTP/1.1 says about a connection is not HTTP/2's to repeat; `host` goes as `:authority`. */
const OF_THE_CONNECTION = ["connection", "host", "keep-alive", "transfer-encoding"];

export class Plain {
  #server = createServer({ requestTimeout: 0 });
  /** @type {WeakMap<Socket, Http2>} */
  #sessions = new WeakMap();
  /** @type {Set<Socket>} */
  #sockets = new Set();
  #path;

  /** @param {string} path The Unix socket on which nginx speaks TLS. */
  constructor(path) {
    this.#path = path;
    this.#server.on("connection", (socket) => this.#track(socket));
    this.#server.on("request", (request, response) => this.#request(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** @param {string} path */
  static async open(path) {
    const plain = new Plain(path);
    await new Promise((resolve) => plain.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return plain;
  }

  /** Where it listens: `127.0.0.1:PORT`. */
  get address() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `127.0.0.1:${port}`;
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @param {Socket} socket */
  #track(socket) {
    socket.setNoDelay();
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#sessions.get(socket)?.destroy();
    });
  }

  /** @param {"h2" | "http/1.1"} protocol */
  #dial(protocol) {
    return connectTls({ path: this.#path, ALPNProtocols: [protocol], rejectUnauthorized: false });
  }

  /** The HTTP/2 connection that belongs to this one. @param {Socket} socket */
  #session(socket) {
    const open = this.#sessions.get(socket);
    if (open) return open;
    const session = connectHttp2("https://localhost", { createConnection: () => this.#dial("h2") });
    session.on("error", () => socket.destroy());
    session.on("close", () => socket.destroy());
    this.#sessions.set(socket, session);
    return session;
  }

  /**
   * @param {Request} request
   * @param {Response} response
   */
  #request(request, response) {
    const { method, url, headers } = request;
    const passed = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name));
    const stream = this.#session(request.socket).request({
      ":method": method,
      ":path": url,
      ":authority": headers.host,
      ...Object.fromEntries(passed),
    });
    stream.on("response", ({ ":status": status = 502, ...headers }) => {
      response.writeHead(status, /** @type {import("node:http").OutgoingHttpHeaders} */ (headers));
      stream.pipe(response);
    });
    stream.on("error", () => response.destroy());
    response.on("close", () => stream.close(constants.NGHTTP2_CANCEL));
    request.pipe(stream);
  }

  /**
   * @param {Request} request
   * @param {import("node:stream").Duplex} client
   * @param {Buffer} head
   */
  #upgrade(request, client, head) {
    const server = this.#dial("http/1.1");
    server.write(`${headOf(request)}\r\n\r\n`);
    server.write(head);
    server.pipe(client).pipe(server);
    server.on("error", () => server.destroy());
    client.on("error", () => client.destroy());
    client.on("close", () => server.destroy());
    // What came last must not be overtaken by a reset, as it would be where the client's bytes are left unread.
    server.on("close", () => client.end() && client.resume());
  }
}

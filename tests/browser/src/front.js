/**
 * What stands between the browser and the demo: an HTTP proxy on a port, and so an origin, of its own. It passes
 * everything on as it came, until a test asks it to hurt: to reset connections, to be gone, or to answer in the
 * server's place as a captive portal does. It also serves the client unbundled, where a test asks for that, and an empty
 * page of its origin, for what the demo's page cannot show.
 */

import { readFile } from "node:fs/promises";
import { Agent, request as ask, createServer } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** @typedef {import("node:net").Socket} Socket */

const SOURCES = new URL("../../../client-js/src/", import.meta.url);
/** What belongs to the empty page, beside the page itself. */
const SCRIPTS = ["pings.js", "talk.js", "worker.js"];

export class Front {
  #server = createServer();
  #agent = new Agent({ keepAlive: true });
  /** @type {Set<Socket>} */
  #sockets = new Set();
  /** @type {Map<string, (response: Response) => void>} What is answered in the server's place, by path. */
  #answers = new Map();
  #upstream;
  #unbundled;
  #host;

  /** Every path that was asked for. @type {string[]} */
  asked = [];
  /** Whether new connections are reset as soon as they come. */
  gone = false;
  /** Whether WebSocket handshakes are taken and never answered. */
  mute = false;

  /**
   * @param {string} upstream The origin that stands behind.
   * @param {{ unbundled?: boolean, host?: string }} options `host`: what it puts into `Host` of all that it passes on.
   */
  constructor(upstream, { unbundled = false, host }) {
    this.#upstream = new URL(upstream);
    this.#unbundled = unbundled;
    this.#host = host;
    this.#server.on("connection", (socket) => this.#connection(socket));
    this.#server.on("request", (request, response) => this.#request(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /**
   * @param {string} upstream
   * @param {ConstructorParameters<typeof Front>[1]} [options]
   */
  static async open(upstream, options = {}) {
    const front = new Front(upstream, options);
    await new Promise((resolve) => front.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return front;
  }

  get origin() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${port}`;
  }

  /** Where its empty page is. */
  get blank() {
    return `${this.origin}/blank/`;
  }

  /** Resets every connection in the middle of what it carries. */
  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /**
   * Answers requests for this path in the server's place; without an answer the server does so again.
   * @param {string} path
   * @param {(response: Response) => void} [answer]
   */
  answer(path, answer) {
    if (answer) this.#answers.set(path, answer);
    else this.#answers.delete(path);
  }

  close() {
    this.#server.close();
    this.#agent.destroy();
    this.cut();
  }

  /** @param {Socket} socket */
  #connection(socket) {
    if (this.gone) return socket.resetAndDestroy();
    this.#track(socket);
  }

  /** @param {Socket} socket */
  #track(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  /**
   * @param {Request} request
   * @param {Response} response
   */
  #request(request, response) {
    const url = /** @type {string} */ (request.url);
    this.asked.push(url);
    const [path] = url.split("?");
    const answer = this.#answers.get(path);
    if (answer) return answer(response);
    if (path === "/blank/") return page(response);
    const script = SCRIPTS.find((name) => path === `/blank/${name}`);
    if (script) return serve(new URL(script, import.meta.url), response);
    const source = this.#unbundled && /^\/realtime\/(.+\.js)$/.exec(path);
    if (source) return serve(new URL(source[1].replace(/^client/, "index"), SOURCES), response);
    return this.#pass(request, response);
  }

  /**
   * @param {Request} request
   * @param {Response} response
   */
  #pass(request, response) {
    const { hostname, port } = this.#upstream;
    const { method, url } = request;
    const headers = this.#addressed(request);
    const passed = ask({ hostname, port, method, path: url, headers, agent: this.#agent });
    passed.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  }

  /** The headers of what is passed on. @param {Request} request */
  #addressed({ rawHeaders }) {
    const host = this.#host;
    if (host === undefined) return rawHeaders;
    return rawHeaders.map((value, index) => (rawHeaders[index - 1]?.toLowerCase() === "host" ? host : value));
  }

  /**
   * A WebSocket's bytes pass as they are.
   * @param {Request} request
   * @param {import("node:stream").Duplex} client
   * @param {Buffer} head
   */
  #upgrade(request, client, head) {
    this.asked.push(/** @type {string} */ (request.url));
    if (this.mute) return;
    const server = connect(Number(this.#upstream.port), this.#upstream.hostname);
    this.#track(server);
    server.write(`${headOf(request, this.#addressed(request))}\r\n\r\n`);
    server.write(head);
    server.pipe(client).pipe(server);
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
  }
}

/**
 * The request line and headers, as they came where no others are given.
 * @param {Request} request
 */
export function headOf({ method, url, rawHeaders }, headers = rawHeaders) {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return lines.join("\r\n");
}

/** A page with nothing on it, and no policy that would keep it from anything. @param {Response} response */
function page(response) {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<!doctype html><title>Blank</title>");
}

/**
 * A script as it is written.
 * @param {URL} file
 * @param {Response} response
 */
async function serve(file, response) {
  const source = await readFile(fileURLToPath(file)).catch(() => undefined);
  response.writeHead(source ? 200 : 404, { "content-type": "text/javascript" });
  response.end(source);
}

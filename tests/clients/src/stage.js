/** A browser, and empty pages of an origin that is not the server's, with what scripts they need beside them. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { launch } from "../../browser/src/chromium.js";

const PAGE = '<!doctype html><meta charset="utf-8"><title>Empty</title><link rel="icon" href="data:,">';
/** The path of sockjs-client among the pages. */
const SOCKJS = "/sockjs.js";

/** The official clients as browsers load them. */
export const SCRIPTS = {
  "socket.io-client 4": "../node_modules/socket.io-client/dist/socket.io.min.js",
  "socket.io-client 2": "../node_modules/socket.io-client-2/dist/socket.io.js",
  "sockjs-client": "../node_modules/sockjs-client/dist/sockjs.min.js",
  "@stomp/stompjs": "../node_modules/@stomp/stompjs/bundles/stomp.umd.min.js",
};

/** @typedef {keyof typeof SCRIPTS} Script */

/** @param {Script} name */
const read = (name) => readFile(fileURLToPath(new URL(SCRIPTS[name], import.meta.url)), "utf8");

export class Stage {
  #chromium;
  #pages;
  #origin;
  #site;

  /**
   * @param {Awaited<ReturnType<typeof launch>>} chromium
   * @param {import("node:http").Server} pages
   */
  constructor(chromium, pages) {
    this.#chromium = chromium;
    this.#pages = pages;
    const { port } = /** @type {import("node:net").AddressInfo} */ (pages.address());
    this.#origin = `http://127.0.0.1:${port}`;
    this.#site = `http://localhost:${port}`;
  }

  static async open() {
    const script = await read("sockjs-client");
    const pages = createServer(({ url }, response) => {
      const [type, body] = url === SOCKJS ? ["text/javascript", script] : ["text/html", PAGE];
      response.setHeader("content-type", type).end(body);
    });
    await new Promise((resolve) => pages.listen(0, "127.0.0.1", () => resolve(undefined)));
    return new Stage(await launch(), pages);
  }

  /** Where frames find sockjs-client, of the version that pages use. */
  get sockjs() {
    return this.#origin + SOCKJS;
  }

  /** Another site than that of every server, which is more than another origin. */
  get site() {
    return this.#site;
  }

  /** A page with these clients in it. @param {Script | Script[]} clients */
  async page(clients, url = this.#origin) {
    const page = await this.#chromium.browser.newPage();
    await page.goto(url);
    for (const client of [clients].flat()) await page.addScriptTag({ content: await read(client) });
    return page;
  }

  async close() {
    await this.#chromium.close();
    this.#pages.close();
  }
}

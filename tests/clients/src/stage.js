/** A browser, and an empty page of an origin that is not the server's. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { launch } from "../../browser/src/chromium.js";

const PAGE = '<!doctype html><meta charset="utf-8"><title>Empty</title><link rel="icon" href="data:,">';

/** The official clients as browsers load them. */
export const SCRIPTS = {
  "socket.io-client 4": "../node_modules/socket.io-client/dist/socket.io.min.js",
  "socket.io-client 2": "../node_modules/socket.io-client-2/dist/socket.io.js",
};

export class Stage {
  #chromium;
  #pages;
  #origin;

  /**
   * @param {Awaited<ReturnType<typeof launch>>} chromium
   * @param {import("node:http").Server} pages
   */
  constructor(chromium, pages) {
    this.#chromium = chromium;
    this.#pages = pages;
    const { port } = /** @type {import("node:net").AddressInfo} */ (pages.address());
    this.#origin = `http://127.0.0.1:${port}`;
  }

  static async open() {
    const pages = createServer((_, response) => response.setHeader("content-type", "text/html").end(PAGE));
    await new Promise((resolve) => pages.listen(0, "127.0.0.1", () => resolve(undefined)));
    return new Stage(await launch(), pages);
  }

  /** A page with this client in it. @param {keyof typeof SCRIPTS} client */
  async page(client) {
    const page = await this.#chromium.browser.newPage();
    await page.goto(this.#origin);
    const content = await readFile(fileURLToPath(new URL(SCRIPTS[client], import.meta.url)), "utf8");
    await page.addScriptTag({ content });
    return page;
  }

  async close() {
    await this.#chromium.close();
    this.#pages.close();
  }
}

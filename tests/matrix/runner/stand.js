/** The browser and the servers that all cells share, each started when it is first needed. */

import { launch } from "../../browser/src/chromium.js";
import { Servers } from "./servers.js";
import { sources } from "./sources.js";

export class Stand {
  #chromium;
  /** @type {Map<string, Promise<Pick<import("./cell.js").Lab, "servers" | "sources">>>} */
  #stacks = new Map();

  /** @param {Awaited<ReturnType<typeof launch>>} chromium */
  constructor(chromium) {
    this.#chromium = chromium;
  }

  static async open() {
    return new Stand(await launch({ selfSigned: true }));
  }

  /** Chromium's version. */
  async version() {
    return (await this.#chromium.browser.version()).replace(/^.*\//, "");
  }

  /**
   * @param {import("../stacks/index.js").Stack} stack
   * @param {{ seconds: number, stay: number }} how
   * @returns {Promise<import("./cell.js").Lab>}
   */
  async lab(stack, how) {
    const started = this.#stacks.get(stack.id) ?? start(stack);
    this.#stacks.set(stack.id, started);
    return { browser: this.#chromium.browser, stack, ...(await started), ...how };
  }

  async close() {
    await this.#chromium.close();
    for (const started of this.#stacks.values()) await (await started).servers.stop();
  }
}

/** @param {import("../stacks/index.js").Stack} stack */
async function start(stack) {
  return { servers: await Servers.start(stack), sources: await sources(stack) };
}

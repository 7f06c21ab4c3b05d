/** What a file of tests shares: one demo server and one browser. Each test opens a front, and so an origin, of its own. */

import { launch } from "./chromium.js";
import { Demo } from "./demo.js";
import { Front } from "./front.js";
import { DemoPage } from "./page.js";

export class Stage {
  #chromium;
  /** @type {Front[]} */
  #fronts = [];
  demo;

  /**
   * @param {Demo} demo
   * @param {Awaited<ReturnType<typeof launch>>} chromium
   */
  constructor(demo, chromium) {
    this.demo = demo;
    this.#chromium = chromium;
  }

  /** @param {Parameters<typeof launch>[0]} [options] */
  static async open(options) {
    const [demo, chromium] = await Promise.all([Demo.start(), launch(options)]);
    return new Stage(demo, chromium);
  }

  /** @param {Parameters<typeof Front.open>[1]} [options] */
  async front(options) {
    const front = await Front.open(this.demo.origin, options);
    this.#fronts.push(front);
    return front;
  }

  /**
   * Opens the demo page at this origin.
   * @param {string} origin
   * @param {{ first?: () => void, proxy?: string }} [options] `first` runs in the page before anything of its own;
   *   `proxy` is the address of a forward proxy, through which this page goes although its server is on loopback.
   */
  async page(origin, { first, proxy } = {}) {
    const { browser } = this.#chromium;
    const through = { proxyServer: proxy, proxyBypassList: ["<-loopback>"] };
    return DemoPage.open(proxy ? await browser.createBrowserContext(through) : browser, origin, first);
  }

  /** An empty tab in front of the others. */
  tab() {
    return this.#chromium.browser.newPage();
  }

  /** The empty page of this front. @param {Front} front */
  async blank(front) {
    const tab = await this.tab();
    await tab.goto(front.blank);
    return tab;
  }

  async close() {
    for (const front of this.#fronts) front.close();
    await this.#chromium.close();
    await this.demo.stop();
  }
}

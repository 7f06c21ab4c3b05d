/**
 * The demo page as a person uses it: by its buttons and by what it shows. Only where nothing is shown for it does a test
 * look behind the page, at `demo.session`.
 */

import { until } from "./until.js";

export const TRANSPORTS = /** @type {const} */ (["websocket", "long_poll", "periodic"]);

/** @typedef {typeof TRANSPORTS[number]} Transport */
/** @typedef {{ received: number, lost: number, repeated: number, reordered: number }} Counts */

export class DemoPage {
  /** What the console and uncaught exceptions said was wrong. @type {string[]} */
  complaints = [];
  /** Everything that was asked for, WebSockets as well. @type {string[]} */
  urls = [];
  /** The browser's own tab, for what a person cannot do. */
  tab;

  /** @param {import("puppeteer-core").Page} tab */
  constructor(tab) {
    this.tab = tab;
    tab.on("console", (message) => message.type() === "error" && this.complaints.push(message.text()));
    tab.on("pageerror", (error) => this.complaints.push(`uncaught: ${error}`));
    tab.on("request", (request) => this.urls.push(request.url()));
  }

  /**
   * Opens the page and waits until its session lives.
   * @param {import("puppeteer-core").Browser | import("puppeteer-core").BrowserContext} browser
   * @param {string} origin
   * @param {() => void} [first] What runs in the page before anything of its own.
   */
  static async open(browser, origin, first) {
    const page = new DemoPage(await browser.newPage());
    if (first) await page.tab.evaluateOnNewDocument(first);
    await page.#watchSockets();
    await page.see();
    await page.tab.goto(origin, { waitUntil: "domcontentloaded" });
    await page.live();
    return page;
  }

  /** The page believes that it is looked at, whichever tab lies in front. */
  async see() {
    await this.tab.emulateFocusedPage(true);
  }

  /** @param {string} id */
  async click(id) {
    await this.tab.$eval(`[data-testid="${id}"]`, (element) => /** @type {HTMLElement} */ (element).click());
  }

  /** @param {string} id */
  text(id) {
    return this.tab.$eval(`[data-testid="${id}"]`, (element) => element.textContent?.trim() ?? "");
  }

  /** The transport that the page shows; "" while no link carries the session. */
  transport() {
    return this.tab.$eval('[data-testid="transport"]', (element) => element.getAttribute("data-transport"));
  }

  state() {
    return this.tab.$eval('[data-testid="state"]', (element) => element.getAttribute("data-state"));
  }

  /** Waits until the session is carried, by this transport where one is named. @param {string} [transport] */
  async live(transport) {
    const carried = async () => {
      const shown = await this.transport();
      return transport ? shown === transport : shown;
    };
    return until(`the session lives ${transport ? `on ${transport}` : ""}`, carried, () => this.evidence());
  }

  /** @param {Transport} transport */
  async force(transport) {
    await this.click(`force-${transport}`);
    await this.live(transport);
  }

  async startStream() {
    await this.click("stream");
    await this.flows(1);
  }

  /** Waits until so many more messages of the stream have arrived in each direction. @param {number} messages */
  async flows(messages) {
    const before = await this.counts();
    const flowed = async () => {
      const now = await this.counts();
      const grown = Math.min(now.down.received - before.down.received, now.up.received - before.up.received);
      return grown >= messages;
    };
    await until(`${messages} messages flowed both ways`, flowed, () => this.evidence());
    return before;
  }

  /** Stops the stream and waits until the server has counted the page's last message. */
  async stopStream() {
    await this.click("stream");
    const settled = () =>
      this.tab.evaluate(() => {
        const read = (/** @type {string} */ id) =>
          /** @type {HTMLElement} */ (document.querySelector(`[data-testid="${id}"]`)).dataset;
        return read("up-received").count === read("stream").sent && read("stream").running === "false";
      });
    await until("the server has counted everything", settled, () => this.evidence());
    return this.counts();
  }

  /** @returns {Promise<{ down: Counts, up: Counts }>} */
  counts() {
    return this.tab.evaluate(() => {
      const read = (/** @type {string} */ direction, /** @type {string} */ counter) => {
        const cell = document.querySelector(`[data-testid="${direction}-${counter}"]`);
        return Number(cell?.getAttribute("data-count"));
      };
      const all = (/** @type {string} */ direction) => ({
        received: read(direction, "received"),
        lost: read(direction, "lost"),
        repeated: read(direction, "repeated"),
        reordered: read(direction, "reordered"),
      });
      return { down: all("down"), up: all("up") };
    });
  }

  /** What to look at when a condition never held. */
  async evidence() {
    const shown = await this.tab.$eval("body", (body) => body.innerText.split("\n").filter(Boolean).slice(0, 120));
    return { shown, complaints: this.complaints, urls: this.urls.slice(-10) };
  }

  close() {
    return this.tab.close();
  }

  /** puppeteer's `request` event does not name WebSockets. */
  async #watchSockets() {
    const devtools = await this.tab.createCDPSession();
    await devtools.send("Network.enable");
    devtools.on("Network.webSocketCreated", ({ url }) => this.urls.push(url));
  }
}

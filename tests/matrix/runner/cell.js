/** One cell: one network and one stack, in browser contexts that nobody used before, behind a proxy of its own. */

import { setTimeout as pause } from "node:timers/promises";
import { count, sum } from "./count.js";
import { Network } from "./network.js";
import { Tab } from "./tab.js";

export const PER_SECOND = 100;
/** How long a network lasts in which nothing gets through. */
const MOMENT = 2500;
/** How long what is under way has to arrive after the load; and where a client must notice by itself that nothing comes. */
const DRAIN = 20_000;
const SILENT_DRAIN = 60_000;
/** How often that is looked at; and as long, in the end, for what comes too often. */
const LOOK = 250;

/**
 * @typedef {object} Cell
 * @property {number | null} first
 * @property {number | null} remembered
 * @property {string | null} transport
 * @property {import("./count.js").Counts} up
 * @property {import("./count.js").Counts} down
 * @property {number} gap
 * @property {number} requests
 * @property {number} ends
 *
 * @typedef {object} Lab What cells share.
 * @property {import("puppeteer-core").Browser} browser
 * @property {import("../stacks/index.js").Stack} stack
 * @property {import("./servers.js").Servers} servers
 * @property {import("./sources.js").Sources} sources
 * @property {number} seconds How long the load takes.
 * @property {number} stay How long the first visit goes on after its echo, in milliseconds.
 */

/**
 * @param {import("../rows/index.js").Row} row
 * @param {Lab} lab
 * @returns {Promise<Cell & { struck: string[] }>}
 */
export async function measure(row, lab) {
  const network = await Network.open(row, lab.stack, lab.servers);
  try {
    const visits = await inside(row, lab, network, (cell) => cell.visits());
    // Whoever remembers this network would not be where the faults strike.
    const load = await inside(row, lab, network, (cell) => cell.load());
    return { ...visits, ...load, struck: await network.struck() };
  } finally {
    await network.close();
  }
}

/**
 * Does something in a browser context that nobody used before.
 * @template T
 * @param {import("../rows/index.js").Row} row
 * @param {Lab} lab
 * @param {Network} network
 * @param {(cell: Measured) => Promise<T>} act
 */
async function inside(row, lab, network, act) {
  const proxy = { proxyServer: network.proxy, proxyBypassList: ["<-loopback>"] };
  const context = await lab.browser.createBrowserContext(network.proxy ? proxy : {});
  try {
    const pages = await Promise.all(Array.from({ length: row.tabs ?? 1 }, () => context.newPage()));
    return await act(new Measured(row, lab, network, pages));
  } finally {
    await context.close();
  }
}

class Measured {
  #row;
  #lab;
  #network;
  #tabs;

  /**
   * @param {import("../rows/index.js").Row} row
   * @param {Lab} lab
   * @param {Network} network
   * @param {import("puppeteer-core").Page[]} pages
   */
  constructor(row, lab, network, pages) {
    this.#row = row;
    this.#lab = lab;
    this.#network = network;
    this.#tabs = pages.map((page) => new Tab(page, lab.sources));
  }

  /** The name of a run. @param {string} phase @param {number} tab */
  #run(phase, tab) {
    return `${this.#row.id}-${phase}-${tab}`;
  }

  /** Loads the page in all tabs, over nothing but the distance. */
  async #open() {
    await Promise.all(this.#tabs.map((tab) => tab.leave()));
    await this.#network.calm({ cut: true });
    await Promise.all(this.#tabs.map((tab) => tab.load(this.#network.origin)));
  }

  /** The slowest tab's first echo. @param {string} phase */
  async #begin(phase) {
    const echoes = await Promise.all(this.#tabs.map((tab, index) => tab.begin(this.#run(phase, index))));
    return echoes.includes(null) ? null : Math.round(Math.max(.../** @type {number[]} */ (echoes)));
  }

  /** The faults are there; where nothing gets through, `lifted` is the moment when they are gone again. */
  async #strike({ cut = false } = {}) {
    await this.#network.strike({ cut });
    const isClosed = this.#row.through === false;
    const lifted = isClosed ? pause(MOMENT).then(() => this.#network.calm()) : Promise.resolve();
    // A cell that fails before that waits for it no more.
    lifted.catch(() => {});
    return { lifted };
  }

  /** The first visit, which goes on for a while, and a later one. */
  async visits() {
    const first = await this.#visit("first");
    await pause(Math.max(this.#lab.stay, this.#row.stay ?? 0));
    return { first, remembered: await this.#visit("remembered") };
  }

  /** A visit under the faults: the time to its first echo. @param {string} phase */
  async #visit(phase) {
    await this.#open();
    const { lifted } = await this.#strike({ cut: this.#row.through === false });
    const echo = await this.#begin(phase);
    await lifted;
    return echo;
  }

  /** A live session under load, in whose middle the faults strike. */
  async load() {
    const messages = this.#lab.seconds * PER_SECOND;
    await this.#open();
    await this.#begin("load");
    const before = await this.#network.requests();
    await Promise.all(this.#tabs.map((tab) => tab.send(messages, 1000 / PER_SECOND)));
    await pause(this.#lab.seconds * 500);
    const { lifted } = await this.#strike({ cut: this.#row.strikes !== "open" });
    await pause(this.#lab.seconds * 500);
    await lifted;
    await this.#drain(messages);
    await pause(LOOK);
    const runs = await this.#runs(messages);
    return {
      transport: runs[0].page.transport,
      up: sum(runs.map(({ up }) => up)),
      down: sum(runs.map(({ down }) => down)),
      gap: Math.round(Math.max(...runs.flatMap(({ page, server }) => [gap(page, messages), gap(server, messages)]))),
      requests: (await this.#network.requests()) - before,
      ends: runs.reduce((sum, { page }) => sum + page.ends, 0),
    };
  }

  /** Waits until nothing is lost any more, or for as long as anybody would. @param {number} messages */
  async #drain(messages) {
    const end = performance.now() + (this.#row.silent ? SILENT_DRAIN : DRAIN);
    const isWhole = (/** @type {{ page: { sent: number }, up: any, down: any }} */ { page, up, down }) =>
      page.sent === messages && up.lost + down.lost === 0;
    while (performance.now() < end && !(await this.#runs(messages)).every(isWhole)) await pause(LOOK);
  }

  /** Both ends of each tab's run. @param {number} messages */
  #runs(messages) {
    const runs = this.#tabs.map(async (tab, index) => {
      const [page, server] = await Promise.all([tab.report(), this.#lab.servers.read(this.#run("load", index))]);
      const up = count(page.sent, server.received, page.told);
      return { page, server, up, down: count(messages, page.received) };
    });
    return Promise.all(runs);
  }
}

/**
 * The longest time without an arrival, up to now where the last message never came.
 * @param {{ received: number[], gap: number, silence: number }} side
 * @param {number} messages
 */
function gap({ received, gap, silence }, messages) {
  return received.includes(messages) || !Number.isFinite(silence) ? gap : Math.max(gap, silence);
}

/**
 * What lies between the browser and a server in one cell: a hostile proxy, which also plays the distance, and in some rows
 * a real intermediary before or behind it.
 */

import { Hostile } from "../../browser/src/hostile.js";
import { Intermediary } from "../../browser/src/intermediary.js";
import { Nginx } from "../../browser/src/nginx.js";
import { Unsteady } from "../../browser/src/unsteady.js";

/** A round trip of 50 ms, which a new connection takes as well. */
const DISTANCE = ["latency=25ms", "connect-delay=50ms"];
export const ROUND_TRIP = 50;

export class Network {
  #hostile;
  #faults;
  /** @type {import("../../browser/src/intermediary.js").Intermediary | undefined} */
  #intermediary;
  /** Where the page is. */
  origin;
  /** The forward proxy that the browser is to use. @type {string | undefined} */
  proxy;
  /** @type {(() => unknown)[]} */
  #ends = [];

  /**
   * @param {string[]} faults
   * @param {Hostile} hostile
   * @param {string} origin
   */
  constructor(faults, hostile, origin) {
    this.#faults = faults;
    this.#hostile = hostile;
    this.#ends.push(() => hostile.stop());
    this.origin = origin;
  }

  /**
   * @param {import("../rows/index.js").Row} row
   * @param {import("../stacks/index.js").Stack} stack
   * @param {import("./servers.js").Servers} servers
   */
  static async open(row, stack, servers) {
    const words = Object.entries({ PATH: `path=${stack.path}`, ...servers.words });
    const filled = (/** @type {string} */ fault) => words.reduce((text, [word, as]) => text.replace(word, as), fault);
    const network = await OPEN[row.by ?? "hostile"](row, row.faults.map(filled), servers);
    await network.calm();
    return network;
  }

  /**
   * The proxy alone, or as the browser's forward proxy.
   * @param {import("../rows/index.js").Row} row
   * @param {string[]} faults
   * @param {import("./servers.js").Servers} servers
   */
  static async alone(row, faults, { upstream }) {
    const hostile = await Hostile.start(upstream);
    const network = new Network(faults, hostile, row.forward ? `http://${upstream}` : hostile.origin);
    if (row.forward) network.proxy = hostile.address;
    return network;
  }

  /**
   * The browser asks the proxy, the proxy the intermediary: the distance lies where it does in the field.
   * @param {import("../rows/index.js").Row} row
   * @param {string[]} faults
   * @param {import("./servers.js").Servers} servers
   */
  static async before(row, faults, { upstream }) {
    const unsteady = await Unsteady.open(upstream);
    const file = /** @type {string} */ (row.file);
    const intermediary = await Intermediary.start(file, { UPSTREAM: upstream, SECOND: unsteady.address });
    const hostile = await Hostile.start(intermediary.wire.address);
    const network = new Network(faults, hostile, hostile.origin);
    return network.#with(intermediary, () => unsteady.close());
  }

  /**
   * The browser speaks TLS, or its proxy's language, so the distance lies behind the intermediary.
   * @param {import("../rows/index.js").Row} row
   * @param {string[]} faults
   * @param {import("./servers.js").Servers} servers
   */
  static async behind(row, faults, { upstream }) {
    const hostile = await Hostile.start(upstream);
    const file = /** @type {string} */ (row.file);
    const intermediary = await (row.forward ? Intermediary.start(file, {}) : Nginx.before(hostile.address));
    const origin = row.forward ? hostile.origin : intermediary.origin;
    const network = new Network(faults, hostile, origin);
    if (row.forward) network.proxy = intermediary.wire.address;
    return network.#with(intermediary);
  }

  /** @param {Intermediary} intermediary @param {() => void} [end] */
  #with(intermediary, end = () => {}) {
    this.#intermediary = intermediary;
    this.#ends.push(() => intermediary.stop(), end);
    return this;
  }

  /** The row's faults are there from now on; `cut`: open connections are reset, so that the client comes back through them. */
  async strike({ cut = false } = {}) {
    await this.#hostile.set([...DISTANCE, ...this.#faults, ...(cut ? ["cut"] : [])]);
    if (cut) this.#intermediary?.wire.cut();
  }

  /** Nothing is there but the distance; `cut`: what the faults have done to open connections ends with them. */
  async calm({ cut = false } = {}) {
    await this.#hostile.set([...DISTANCE, ...(cut ? ["cut"] : [])]);
  }

  /** Requests that it has seen. @returns {Promise<number>} */
  async requests() {
    return (await this.#hostile.counts()).requests;
  }

  /** The faults that struck, by name, and `intermediary` where one was passed. @returns {Promise<string[]>} */
  async struck() {
    const { struck } = await this.#hostile.counts();
    return [...Object.keys(struck), ...(this.#intermediary?.wire.bytes ? ["intermediary"] : [])];
  }

  async close() {
    for (const end of this.#ends) await end();
  }
}

const OPEN = { hostile: Network.alone, before: Network.before, behind: Network.behind };

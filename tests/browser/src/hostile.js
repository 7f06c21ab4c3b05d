/** The hostile proxy between a browser and an origin, as cargo builds it. Its control endpoint switches faults and counts. */

import { fileURLToPath } from "node:url";
import { line, start, stop } from "./child.js";
import { until } from "./until.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const RUN = ["run", "--quiet", "--locked", "--package", "throughline-hostile", "--bin", "hostile", "--"];

/** @typedef {{ connections: number, requests: number, upgrades: number, struck: Record<string, number> }} Counts */

export class Hostile {
  #child;
  #control;
  /** Where the browser finds what stands behind: `http://127.0.0.1:PORT`. */
  origin;

  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {{ listen: string, control: string }} addresses
   */
  constructor(child, { listen, control }) {
    this.#child = child;
    this.#control = `http://${control}`;
    this.origin = `http://${listen}`;
  }

  /** @param {string} upstream The origin that stands behind. */
  static async before(upstream) {
    const child = start("cargo", [...RUN, "--upstream", new URL(upstream).host], { cwd: ROOT });
    const [addresses] = await line(child, /^\{.*\}$/);
    return new Hostile(child, JSON.parse(addresses));
  }

  /** Puts these faults in the place of all others. @param {string[]} faults */
  async strike(...faults) {
    const answer = await fetch(`${this.#control}/faults`, { method: "PUT", body: faults.join("\n") });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Waits until a fault of this name has done something to somebody. @param {string} name */
  struck(name) {
    return until(`${name} has struck`, async () => (await this.counts()).struck[name]);
  }

  /** What it has seen since it was started. @returns {Promise<Counts>} */
  async counts() {
    const answer = await fetch(this.#control);
    return /** @type {any} */ (await answer.json()).counts;
  }

  stop() {
    return stop(this.#child, "SIGINT");
  }
}

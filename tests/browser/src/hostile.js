/** The hostile proxy on a port, and so an origin, of its own. Its control endpoint switches faults and counts. */

import { program } from "./cargo.js";
import { line, start, stop } from "./child.js";
import { until } from "./until.js";

/** @typedef {{ requests: number, upgrades: number, struck: Record<string, number> }} Counts */

export class Hostile {
  #child;
  #control;
  /** Where it listens: `127.0.0.1:PORT`. */
  address;

  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {{ listen: string, control: string }} addresses
   */
  constructor(child, { listen, control }) {
    this.#child = child;
    this.#control = `http://${control}`;
    this.address = listen;
  }

  /** @param {string} upstream Where requests go that name no server themselves. */
  static async start(upstream) {
    const child = start(program("throughline-hostile"), ["--upstream", upstream]);
    const [text] = await line(child, /^{.*}$/);
    return new Hostile(child, JSON.parse(text));
  }

  get origin() {
    return `http://${this.address}`;
  }

  /** These are its faults from now on. @param {string[]} faults */
  async set(faults) {
    const answer = await fetch(`${this.#control}/faults`, { method: "PUT", body: faults.join("\n") });
    if (!answer.ok) throw new Error(`${faults.join("; ")}: ${await answer.text()}`);
  }

  /** Waits until a fault of this name has done something to somebody. @param {string} name */
  struck(name) {
    return until(`${name} has struck`, async () => (await this.counts()).struck[name]);
  }

  /** What it has seen and done since it was started. @returns {Promise<Counts>} */
  async counts() {
    const answer = await fetch(this.#control);
    return (await answer.json()).counts;
  }

  stop() {
    return stop(this.#child, "SIGINT");
  }
}

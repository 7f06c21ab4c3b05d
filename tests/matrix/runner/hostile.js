/** A hostile proxy of a cell's own. */

import { line, start, stop } from "../../browser/src/child.js";
import { program } from "./programs.js";

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
    this.#control = control;
    this.address = listen;
  }

  /** @param {string} upstream Where requests go that name no server themselves. */
  static async start(upstream) {
    const child = start(program("hostile"), ["--upstream", upstream]);
    const [text] = await line(child, /^{.*}$/);
    return new Hostile(child, JSON.parse(text));
  }

  /** These are its faults from now on. @param {string[]} faults */
  async set(faults) {
    const answer = await fetch(`http://${this.#control}/faults`, { method: "PUT", body: faults.join("\n") });
    if (!answer.ok) throw new Error(`${faults.join("; ")}: ${await answer.text()}`);
  }

  /** What it has seen and done. */
  async counts() {
    const answer = await fetch(`http://${this.#control}/`);
    return (await answer.json()).counts;
  }

  stop() {
    return stop(this.#child, "SIGINT");
  }
}

/**
 * The servers of one stack: the one that is meant, with a second listener of the same process, and foreign processes: one
 * is another node of a cluster, the other is what a restart leaves behind, the same node without its sessions.
 */

import { line, start, stop } from "../../browser/src/child.js";

export class Servers {
  #children;
  #addresses;

  /**
   * @param {import("node:child_process").ChildProcess[]} children
   * @param {{ listen: string, second: string }[]} addresses
   */
  constructor(children, addresses) {
    this.#children = children;
    this.#addresses = addresses;
  }

  /** @param {import("../stacks/index.js").Stack} stack */
  static async start(stack) {
    const children = ["main", "other", "main"].map((node) => {
      const [program, ...words] = stack.server(node);
      return start(program, words);
    });
    const lines = await Promise.all(children.map((child) => line(child, /^{.*}$/)));
    return new Servers(
      children,
      lines.map(([text]) => JSON.parse(text)),
    );
  }

  /** What the words in capitals of a row's faults stand for. */
  get words() {
    const [main, other, restarted] = this.#addresses;
    return { SECOND: main.second, OTHER: other.listen, RESTARTED: restarted.listen };
  }

  /** Where the one that is meant listens. */
  get upstream() {
    return this.#addresses[0].listen;
  }

  /** What all of them received of a run, the longest time between two arrivals and the time since the last. @param {string} run */
  async read(run) {
    const asked = this.#addresses.map(({ listen }) => fetch(`http://${listen}/runs/${run}`));
    const answers = await Promise.all((await Promise.all(asked)).map((answer) => answer.json()));
    const received = /** @type {number[]} */ (answers.flatMap((answer) => answer.received));
    const gap = Math.max(...answers.map((answer) => answer.gap));
    const silence = Math.min(...answers.map((answer) => answer.silence ?? Number.POSITIVE_INFINITY));
    return { received, gap, silence };
  }

  async stop() {
    await Promise.all(this.#children.map((child) => stop(child)));
  }
}

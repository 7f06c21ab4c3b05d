/** An example's server, the demo's unless it is said, as cargo builds it, on a port of its own. */

import { program } from "./cargo.js";
import { line, start, stop } from "./child.js";

export class Demo {
  #child;
  /** Where it serves the page: `http://127.0.0.1:PORT`. */
  origin;

  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {string} origin
   */
  constructor(child, origin) {
    this.#child = child;
    this.origin = origin;
  }

  /**
   * @param {string} [listen] An address to take instead of a free one: that of a server which has gone.
   * @param {string} [name] Of the example's package.
   */
  static async start(listen = "127.0.0.1:0", name = "throughline-demo") {
    const child = start(program(name), ["--listen", listen]);
    const [origin] = await line(child, /http:\/\/[\d.:]+/);
    return new Demo(child, origin);
  }

  stop() {
    return stop(this.#child, "SIGINT");
  }

  /** Ends it without a word to its sessions, as a crash would. */
  crash() {
    return stop(this.#child, "SIGKILL");
  }
}

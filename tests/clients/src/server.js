/** The example `socketio` as cargo builds it, on a port of its own. */

import { program } from "../../browser/src/cargo.js";
import { line, start, stop } from "../../browser/src/child.js";

export class Server {
  #child;
  /** Where it listens: `http://127.0.0.1:PORT`. */
  origin;

  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {string} origin
   */
  constructor(child, origin) {
    this.#child = child;
    this.origin = origin;
  }

  /** @param {string[]} options The rest of its command line. */
  static async start(...options) {
    const child = start(program("throughline-socketio"), ["--listen", "127.0.0.1:0", ...options]);
    const [origin] = await line(child, /http:\/\/[\d.:]+/);
    return new Server(child, origin);
  }

  /** Where it listens: `127.0.0.1:PORT`. */
  get address() {
    return new URL(this.origin).host;
  }

  stop() {
    return stop(this.#child, "SIGINT");
  }
}

/** The servers that clients are tested against, as cargo builds them, each on a port of its own. */

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

  /** The example `socketio`. @param {string[]} options The rest of its command line. */
  static start(...options) {
    return Server.#run("throughline-socketio", ["--listen", "127.0.0.1:0", ...options]);
  }

  /** A room, in which others hear what one says. @param {{ interval: number, timeout: number }} pings In milliseconds. */
  static room({ interval, timeout }) {
    return Server.#run("throughline-room", [`${interval}`, `${timeout}`]);
  }

  /** The example `sockjs`. @param {string[]} options The rest of its command line. */
  static sockjs(...options) {
    return Server.#run("throughline-sockjs", ["--listen", "127.0.0.1:0", ...options]);
  }

  /** A broker of STOMP. @param {number} heartBeat In milliseconds. */
  static stomp(heartBeat) {
    return Server.#run("throughline-stomp", [`${heartBeat}`]);
  }

  /** @param {string} name @param {string[]} words */
  static async #run(name, words) {
    const child = start(program(name), words);
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

/** The demo's server, as cargo builds it, on a port of its own. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { line, start, stop } from "./child.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BUILD = ["build", "--quiet", "--locked", "--package", "throughline-demo", "--message-format", "json"];

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

  /** @param {string} [listen] An address to take instead of a free one: that of a server which has gone. */
  static async start(listen = "127.0.0.1:0") {
    const child = start(program(), ["--listen", listen]);
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

/** @type {string | undefined} The program; `THROUGHLINE_DEMO` names one that is built already. */
let built = process.env.THROUGHLINE_DEMO;

/** cargo names the program that it has built, or finds it fresh. */
function program() {
  built ??= execFileSync("cargo", BUILD, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 })
    .split("\n")
    .filter((message) => message.startsWith("{"))
    .map((message) => JSON.parse(message).executable)
    .findLast(Boolean);
  if (!built) throw new Error("cargo built no demo");
  return built;
}

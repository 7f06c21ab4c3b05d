/** Programs that a test starts. Each is ended by the handle that started it, at the latest with the test's process. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** Those that run. @type {Set<ChildProcess>} */
const running = new Set();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts a program; what it complains about goes to the test's own output.
 * @param {string} program
 * @param {string[]} words
 * @param {{ cwd?: string }} [options]
 */
export function start(program, words, options) {
  const child = spawn(program, words, { ...options, stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/**
 * The first line of its output that fits, as what the expression matched. It goes on being read after that.
 * @param {ChildProcess} child
 * @param {RegExp} expression
 * @returns {Promise<RegExpExecArray>}
 */
export function line(child, expression) {
  const input = /** @type {import("node:stream").Readable} */ (child.stdout);
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input });
    lines.on("close", () => reject(new Error(`${child.spawnfile} ended without a line like ${expression}`)));
    lines.on("line", (text) => {
      const match = expression.exec(text);
      if (match) resolve(match);
    });
  });
}

/**
 * Ends it and waits until it is gone.
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} [signal]
 */
export async function stop(child, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

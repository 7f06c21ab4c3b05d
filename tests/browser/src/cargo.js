/** Programs of the workspace, as cargo builds them. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** How they are built. Tests are content with what is built anyhow; what is measured should be fast. */
const PROFILE = process.env.THROUGHLINE_PROFILE ?? "dev";
const BUILD = ["build", "--quiet", "--locked", "--profile", PROFILE, "--message-format", "json-render-diagnostics"];

/** @type {Map<string, string>} */
const built = new Map();

/** The path of a package's program, which is built once. @param {string} name */
export function program(name) {
  const path = built.get(name) ?? build(name);
  built.set(name, path);
  return path;
}

/** cargo names the program that it has built, or finds it fresh. @param {string} name @returns {string} */
function build(name) {
  const words = [...BUILD, "--package", name];
  const { stdout } = spawnSync("cargo", words, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28 });
  const found = `${stdout}`
    .split("\n")
    .filter((message) => message.startsWith("{"))
    .map((message) => JSON.parse(message).executable)
    .findLast(Boolean);
  if (!found) throw new Error(`cargo built no program of ${name}`);
  return found;
}

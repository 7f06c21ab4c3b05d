/** The programs of the workspace that the matrix needs, built once. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

const PACKAGES = ["throughline-lab", "throughline-hostile"];
const BUILD = ["build", "--quiet", "--locked", ...PACKAGES.flatMap((one) => ["-p", one]), "--message-format", "json"];

/** @type {string[] | undefined} */
let built;

/** cargo names the programs that it has built, or finds them fresh. @param {string} name @returns {string} */
export function program(name) {
  built ??= execFileSync("cargo", BUILD, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 })
    .split("\n")
    .filter((message) => message.startsWith("{"))
    .map((message) => JSON.parse(message).executable)
    .filter(Boolean);
  const found = built.find((path) => path.endsWith(`/${name}`));
  if (!found) throw new Error(`cargo built no ${name}`);
  return found;
}

/** Versions of the packages that were installed from the lock file. */

import { readFileSync } from "node:fs";

/** @param {string} name @returns {string} */
export function version(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
}

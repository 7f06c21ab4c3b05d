/** What a page runs, as addresses that it can import without asking the network. */

import { readFile } from "node:fs/promises";

/** @typedef {{ library: string, adapter: string, visit: string }} Sources */

/** @param {import("../stacks/index.js").Stack} stack @returns {Promise<Sources>} */
export async function sources(stack) {
  const page = (/** @type {string} */ name) => new URL(`../page/${name}`, import.meta.url);
  const files = [stack.library(), page(stack.page), page("visit.js")];
  const [library, adapter, visit] = await Promise.all(files.map(inlined));
  return { library, adapter, visit };
}

/** @param {string | URL} file */
async function inlined(file) {
  return `data:text/javascript;base64,${(await readFile(file)).toString("base64")}`;
}

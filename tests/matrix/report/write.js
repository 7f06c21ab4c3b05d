/** `node report/write.js` writes all that is made of `results/matrix.json`. */

import { readFileSync, writeFileSync } from "node:fs";
import { report } from "./index.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, ROOT), "utf8");

const files = report(JSON.parse(read("tests/matrix/results/matrix.json")), read("README.md"));
for (const [path, content] of Object.entries(files)) {
  writeFileSync(new URL(path, ROOT), content);
  console.log(`wrote ${path}`);
}

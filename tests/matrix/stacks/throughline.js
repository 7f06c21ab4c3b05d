/** Our own client and server, as they are in this folder's repository. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { program, ROOT } from "../../browser/src/cargo.js";

const LIBRARY = `${ROOT}server/assets/client.js`;
const { version } = JSON.parse(readFileSync(`${ROOT}client-js/package.json`, "utf8"));

/** @type {import("./index.js").Stack} */
export const throughline = {
  id: "throughline",
  name: "Throughline",
  path: "/realtime",
  versions: () => ({ throughline: `${version}+${build()}` }),
  server: (node) => [program("throughline-lab"), "--node", node],
  library: () => LIBRARY,
  page: "throughline.js",
};

/** Tells builds apart that have the same version. */
function build() {
  const hash = createHash("sha256");
  for (const file of [LIBRARY, program("throughline-lab")]) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 8);
}

/** Our own client and server, as they are in this folder's repository. */

import { readFileSync } from "node:fs";
import { program, ROOT } from "../../browser/src/cargo.js";

const { version } = JSON.parse(readFileSync(`${ROOT}client-js/package.json`, "utf8"));

/** @type {import("./index.js").Stack} */
export const throughline = {
  id: "throughline",
  name: "Throughline",
  path: "/realtime",
  versions: () => ({ throughline: version }),
  server: (node) => [program("throughline-lab"), "--node", node],
  library: () => `${ROOT}server/assets/client.js`,
  page: "throughline.js",
};

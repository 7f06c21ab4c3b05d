/** SockJS with its defaults. */

import { fileURLToPath } from "node:url";
import { version } from "./installed.js";

/** @type {import("./index.js").Stack} */
export const sockjs = {
  id: "sockjs",
  name: "SockJS",
  path: "/sockjs",
  versions: () => ({ "sockjs-client": version("sockjs-client"), sockjs: version("sockjs") }),
  server: () => [process.execPath, fileURLToPath(new URL("../peers/sockjs.js", import.meta.url))],
  library: () => fileURLToPath(new URL("../node_modules/sockjs-client/dist/sockjs.min.js", import.meta.url)),
  page: "sockjs.js",
};

/** Socket.IO with its defaults, and with the recovery of connection states that its server can be told to do. */

import { fileURLToPath } from "node:url";
import { version } from "./installed.js";

const SERVER = [process.execPath, fileURLToPath(new URL("../peers/socketio.js", import.meta.url))];

/** @type {import("./index.js").Stack} */
export const socketio = {
  id: "socketio",
  name: "Socket.IO",
  path: "/socket.io",
  versions: () => ({ "socket.io-client": version("socket.io-client"), "socket.io": version("socket.io") }),
  server: () => SERVER,
  library: () => fileURLToPath(new URL("../node_modules/socket.io-client/dist/socket.io.esm.min.js", import.meta.url)),
  page: "socketio.js",
};

/** @type {import("./index.js").Stack} */
export const recovery = {
  ...socketio,
  id: "socketio-recovery",
  name: "Socket.IO with recovery",
  server: () => [...SERVER, "recovery"],
};

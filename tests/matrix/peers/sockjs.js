/** SockJS's server, with its defaults, for the matrix. */

import sockjs from "sockjs";
import { conversation, listen } from "./runs.js";

const server = sockjs.createServer({ prefix: "/sockjs", log() {} });
server.on("connection", (connection) => {
  const hear = conversation((text) => connection.write(text));
  connection.on("data", hear);
});
await listen((http) => server.installHandlers(http));

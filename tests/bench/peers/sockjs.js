/** `sockjs` with its defaults. */

import { createServer } from "node:http";
import sockjs from "sockjs";
import { answer, listen, Rooms } from "./application.js";

const http = createServer();
const rooms = new Rooms();
const server = sockjs.createServer({ prefix: "/sockjs", log() {} });
server.on("connection", (connection) => {
  const actions = {
    send: (text) => connection.write(text),
    join: (room) => rooms.join(room, connection),
    broadcast(room, text) {
      for (const member of rooms.members(room)) member.write(text);
    },
  };
  connection.on("data", (text) => answer(text, actions));
});
server.installHandlers(http);
listen(http);

/** `ws` with its defaults. */

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { answer, listen, Rooms } from "./application.js";

const http = createServer();
const rooms = new Rooms();
new WebSocketServer({ server: http }).on("connection", (socket) => {
  const actions = {
    send: (text) => socket.send(text),
    join: (room) => rooms.join(room, socket),
    broadcast(room, text) {
      for (const member of rooms.members(room)) member.send(text);
    },
  };
  socket.on("message", (data) => answer(data.toString(), actions));
});
listen(http);

/** `engine.io` with its defaults. */

import { createServer } from "node:http";
import { attach } from "engine.io";
import { answer, listen, Rooms } from "./application.js";

const http = createServer();
const rooms = new Rooms();
attach(http).on("connection", (socket) => {
  const actions = {
    send: (text) => socket.send(text),
    join: (room) => rooms.join(room, socket),
    broadcast(room, text) {
      for (const member of rooms.members(room)) member.send(text);
    },
  };
  socket.on("message", (text) => answer(text, actions));
});
listen(http);

/** The application on a server of Socket.IO, whatever it runs on. */

import { answer } from "./application.js";

export function serve(io) {
  io.on("connection", (socket) => {
    const actions = {
      send: (text) => socket.emit("m", text),
      join: (room) => socket.join(room),
      broadcast: (room, text) => io.to(room).emit("m", text),
    };
    socket.on("m", (text) => answer(text, actions));
  });
}

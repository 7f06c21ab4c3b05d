/** Socket.IO's server for the matrix, with its defaults; `recovery` switches the recovery of connection states on. */

import { Server } from "socket.io";
import { conversation, listen } from "./runs.js";

const io = new Server(process.argv[2] === "recovery" ? { connectionStateRecovery: {} } : {});
io.on("connection", (socket) => {
  const { run } = socket.handshake.auth;
  socket.join(run);
  // To a room, since what is sent to a room is what recovery can repeat.
  const hear = conversation(
    (text) => socket.send(text),
    run,
    (text) => io.to(run).emit("message", text),
  );
  socket.on("message", hear);
});

let isFirst = true;
await listen((http) => {
  // A second `io.attach` would make an engine of its own, which knows none of the first one's clients.
  if (isFirst) io.attach(http);
  else io.engine.attach(http, { path: "/socket.io" });
  isFirst = false;
});

/** Bun's own WebSocket server with its defaults, and its publishing for rooms. */

import { answer, started } from "./application.js";

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 404 })),
  websocket: {
    message(socket, text) {
      answer(text, {
        send: (text) => socket.send(text),
        join: (room) => socket.subscribe(room),
        broadcast: (room, text) => server.publish(room, text),
      });
    },
  },
});
started(server.port);

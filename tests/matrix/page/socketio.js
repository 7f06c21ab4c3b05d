/**
 * Runs in the page: Socket.IO. It connects again by itself and keeps meanwhile what is sent; that leaves before it tells
 * of the connection, so the run is named in the handshake too.
 */

/** @type {import("./visit.js").Adapter} */
export async function adapter(library) {
  const { io } = await import(library);
  return (on, run) => {
    const socket = io({ auth: { run } });
    const send = (text) => socket.send(text);
    socket.on("message", (text) => on.message(text));
    socket.on("connect", () => on.open(send));
    return { send, transport: () => socket.io.engine?.transport.name ?? null };
  };
}

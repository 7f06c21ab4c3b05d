// A WebSocket link: messages out, messages in, "it ended". It knows nothing of sessions.

/**
 * @typedef {(what: "opened" | "receive" | "lost", content?: any, asked?: any) => void} Report what a carrier
 *   reports: that bytes can travel, bytes, or why the carrier (or that exchange) ended
 *
 * @typedef {object} Carrier
 * @property {(data: any, asked?: any) => void} send
 * @property {() => void} close afterwards it may still report; nobody listens then
 */

/** @type {(options: { WebSocket?: typeof WebSocket | null }, url: string, report: Report) => Carrier} */
export const websocket = ({ WebSocket = globalThis.WebSocket }, url, report) => {
  if (!WebSocket) throw "absent";
  const socket = new WebSocket(url.replace("http", "ws"));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => report("opened");
  socket.onmessage = ({ data }) => report("receive", data.byteLength >= 0 ? new Uint8Array(data) : data);
  socket.onclose = ({ code }) => report("lost", `closed ${code}`);
  return socket;
};

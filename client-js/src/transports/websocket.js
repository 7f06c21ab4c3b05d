// A WebSocket link: messages out, messages in, "it ended". It knows nothing of sessions.

/**
 * @typedef {object} Events what a carrier reports
 * @property {() => void} opened
 * @property {(data: string | Uint8Array<ArrayBuffer>, asked?: any) => void} received
 * @property {(why: string, asked?: any) => void} lost
 *
 * @typedef {object} Carrier
 * @property {(data: any, asked?: any) => void} send
 * @property {(asked?: any) => void} close one exchange, or the whole carrier
 */

/** @type {(env: { WebSocket: typeof WebSocket }, url: string, events: Events) => Carrier} */
export const websocket = ({ WebSocket }, url, { opened, received, lost }) => {
  const socket = new WebSocket(url.replace("http", "ws") + "/websocket");
  socket.binaryType = "arraybuffer";
  socket.onopen = opened;
  socket.onmessage = ({ data }) => received(typeof data === "string" ? data : new Uint8Array(data));
  socket.onclose = ({ code }) => lost(`closed ${code}`);
  return {
    send: (data) => socket.send(data),
    close() {
      // A socket that was given up may speak much later, or never.
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
};

// A link of HTTP requests, for long polling and periodic polling: one batch up, one batch down. It knows
// nothing of sessions. Whatever is not a plain 200 was not said by our server.

/** @type {(options: { fetch?: typeof fetch }, url: string, report: import("./websocket.js").Report) => import("./websocket.js").Carrier} */
export const http = ({ fetch = globalThis.fetch }, url, report) => {
  const controller = new AbortController();
  return {
    async send(body, asked) {
      const keepalive = asked.kind === "last";
      try {
        // No Content-Type, so that a cross-origin request needs no preflight. Cookies go to the page's own
        // origin, which is what fetch does unless told otherwise: a gateway or an authentication hook there
        // sees what it sees of a WebSocket handshake.
        const response = await fetch(url, {
          method: "POST",
          body,
          redirect: "manual",
          cache: "no-store",
          keepalive,
          signal: keepalive ? null : controller.signal,
        });
        const answer = await response.arrayBuffer();
        if (response.status !== 200) throw `${response.type} ${response.status}`;
        report("receive", new Uint8Array(answer), asked);
      } catch (why) {
        report("lost", `${why}`, asked);
      }
    },
    close: () => controller.abort(),
  };
};

// A link of HTTP requests, for long polling and periodic polling: one batch up, one batch down. It knows
// nothing of sessions. Whatever is not a plain 200 was not said by our server.

/** @type {(env: { fetch: typeof fetch }, url: string, events: import("./websocket.js").Events) => import("./websocket.js").Carrier} */
export const http = ({ fetch }, url, { opened, received, lost }) => {
  /** @type {Map<any, AbortController>} */
  const exchanges = new Map();
  queueMicrotask(opened);
  return {
    async send(body, asked) {
      const controller = new AbortController();
      const isLast = asked.kind === "last";
      if (!isLast) exchanges.set(asked, controller);
      try {
        // No Content-Type, so that a cross-origin request needs no preflight. Cookies go where a WebSocket
        // handshake would take them as well: gateways and authentication hooks see both links alike.
        const response = await fetch(url + "/poll", {
          method: "POST",
          body,
          redirect: "manual",
          cache: "no-store",
          credentials: "same-origin",
          keepalive: isLast,
          signal: controller.signal,
        });
        if (response.status !== 200)
          throw response.type === "opaqueredirect" ? "redirect" : `status ${response.status}`;
        const answer = new Uint8Array(await response.arrayBuffer());
        if (exchanges.delete(asked)) received(answer, asked);
      } catch (why) {
        if (exchanges.delete(asked)) lost(typeof why === "string" ? why : "network", asked);
      }
    },
    close() {
      for (const controller of exchanges.values()) controller.abort();
      exchanges.clear();
    },
  };
};

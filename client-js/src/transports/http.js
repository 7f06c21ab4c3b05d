// A link of HTTP requests, for long polling and periodic polling: one batch up, one batch down. It knows
// nothing of sessions. Whatever is not a plain 200 was not said by our server.
//
// Bytes go in a POST. Text goes in a header of a GET, and is answered as text, for networks that swallow the
// bodies of POSTs or let no bytes through that are not text (spec §8.1).

/** @type {(options: { fetch?: typeof fetch, random?: () => number }, url: string, report: import("./websocket.js").Report) => import("./websocket.js").Carrier} */
export const http = ({ fetch = globalThis.fetch, random = Math.random }, url, report) => {
  const controller = new AbortController();
  return {
    async send(batch, asked) {
      const { kind, isText } = asked;
      const keepalive = kind === "last";
      try {
        // No Content-Type, so that a cross-origin POST needs no preflight. Cookies go to the page's own
        // origin, which is what fetch does unless told otherwise: a gateway or an authentication hook there
        // sees what it sees of a WebSocket handshake. No two GETs are alike, so that none is answered from a cache.
        const response = await fetch(isText ? url + (/\?/.test(url) ? "&" : "?") + random() : url, {
          ...(isText ? { headers: { throughline: batch } } : { method: "POST", body: batch }),
          redirect: "manual",
          cache: "no-store",
          keepalive,
          signal: keepalive ? null : controller.signal,
        });
        const answer = isText ? await response.text() : new Uint8Array(await response.arrayBuffer());
        const { status, headers } = response;
        // A gateway that finds our server gone is no more foreign than our server itself, which speaks plain text.
        const isForeign = !status || (/html/.test(headers.get("content-type") ?? "") && !/50[24]/.test(`${status}`));
        if (status !== 200) throw `${isForeign ? "foreign" : "status"} ${status || "redirect"}`;
        report("receive", answer, asked);
      } catch (why) {
        report("lost", `${why}`, asked);
      }
    },
    close: () => controller.abort(),
  };
};

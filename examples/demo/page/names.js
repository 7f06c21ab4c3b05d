/** The transports' names, as people read them. The keys are the protocol's words. */
export const TRANSPORTS = /** @type {Record<string, string>} */ ({
  websocket: "WebSocket",
  long_poll: "Long polling",
  periodic: "Periodic polling",
});

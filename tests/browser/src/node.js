/** The client as it is written, in plain Node: nothing is bundled, and nothing of a browser is there. */

import WebSocket from "ws";
import { Session } from "../../../client-js/src/index.js";
import { pings } from "./pings.js";

/**
 * Has pings answered over one transport. Node has no WebSocket of its own before version 22, so one is handed in.
 * @param {string} origin
 * @param {import("./page.js").Transport} transport
 */
export function plainly(origin, transport) {
  const handed = /** @type {typeof globalThis.WebSocket} */ (/** @type {unknown} */ (WebSocket));
  return pings(Session, `${origin}/realtime`, { transports: [transport], WebSocket: handed });
}

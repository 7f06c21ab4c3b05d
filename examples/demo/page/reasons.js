/** Why it is as it is, in sentences: what is known of a transport, and why the one that runs was chosen. */

import { TRANSPORTS } from "./names.js";

/** @typedef {import("/realtime/client.js").Session} Session */
/** @typedef {import("/realtime/client.js").Verdict} Verdict */

const VERDICTS = /** @type {Record<string, string>} */ ({
  works: "Works: hello and welcome came through in full.",
  refused: "Refused.",
  hung: "Was never answered.",
  muted: "Opened, and then nothing came through.",
  cut: "Was cut.",
  absent: "This browser has none.",
  unknown: "Not tried: not needed so far.",
});

/**
 * What is known of a transport on this network.
 * @param {Verdict} verdict
 */
export function known({ verdict, evidence, expires }) {
  if (verdict === "works" || !expires) return VERDICTS[verdict];
  const seen = evidence ? ` Seen: ${evidence}.` : "";
  return `${VERDICTS[verdict]}${seen} Tried again in ${span(expires - Date.now())}.`;
}

/**
 * Why this transport carries the session, or none does.
 * @param {Session} session
 * @param {string | null} forced what the person chose
 */
export function reason(session, forced) {
  const { state, transport } = session;
  if (state === "closed") return "Its end was told, with the fate of every message.";
  if (!transport) return missing(session);
  if (forced === transport) return "You chose it, so the session stays on it.";
  if (forced) return `${TRANSPORTS[forced]} has to prove itself before it takes over.`;
  return chosen(session, transport);
}

/** @param {Session} session */
function missing({ readyState }) {
  if (readyState === 0) return "Each way is tried; the first that answers in full begins the session.";
  return "What is not acknowledged is kept on both sides, and goes over the next link.";
}

/**
 * @param {Session} session
 * @param {string} transport
 */
function chosen({ verdicts }, transport) {
  if (transport === "websocket") return "The best way there is: it proved itself in both directions, then took over.";
  if (!isBad(verdicts.websocket)) return "The first that answered; WebSocket is proving itself.";
  const shared = transport === "periodic" && !isBad(verdicts.long_poll);
  const lead = shared ? " Another tab holds the one request that a browser's tabs share." : "";
  return `WebSocket: ${known(verdicts.websocket)}${lead}`;
}

/** @param {Verdict} verdict */
function isBad({ verdict }) {
  return verdict !== "works" && verdict !== "unknown";
}

/** @param {number} milliseconds */
function span(milliseconds) {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

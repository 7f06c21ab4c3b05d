// Words for people: what a code and a verdict mean. A module of its own, so that the bundle need not carry it.

/** @type {Record<number, string>} */
const REASONS = {
  1000: "The session was closed.",
  1006: "The session ended without an answer of the server.",
  4500: "The server is going away.",
  4501: "The session expired: the server heard nothing for too long.",
  4502: "The server does not know this session any more.",
  4503: "The server is at capacity.",
  4504: "The session lives on another server.",
  4505: "The session was too slow for what was sent to it.",
  4507: "The sign-in could not be checked; this says nothing about it.",
  4700: "The server's application failed.",
  4701: "Server and client speak different versions of the protocol.",
  4702: "The other side broke a rule of the protocol.",
  4703: "More was sent than was allowed.",
  4704: "Another client has taken the session over.",
  4705: "The server does not accept this sign-in.",
  4706: "A message was too large.",
  4707: "The sign-in expired.",
  4708: "The user was signed out.",
  4709: "The server does not accept pages of this origin.",
  4710: "The session was aborted.",
};

/**
 * A sentence for the code of a `close` event.
 *
 * @param {number} code
 */
export function reason(code) {
  if (REASONS[code]) return REASONS[code];
  if (code >= 3000 && code < 4500) return `The application closed the session with code ${code}.`;
  return `The session ended with code ${code}.`;
}

const NAMES = { websocket: "WebSocket", long_poll: "Long polling", periodic: "Periodic polling" };

/** @type {Record<string, string>} */
const VERDICTS = {
  works: "works here",
  refused: "is refused on this network",
  hung: "hangs on this network: nothing answers, and nothing fails",
  muted: "opens on this network, but nothing comes through",
  cut: "is cut on this network",
  absent: "is not offered by this environment",
  unknown: "was not tried lately",
};

/**
 * A sentence for a verdict, with its evidence.
 *
 * @param {import("./session.js").Transport} transport
 * @param {import("./verdicts.js").Verdict} verdict
 */
export function describe(transport, { verdict, evidence }) {
  const what = `${NAMES[transport]} ${VERDICTS[verdict]}`;
  return evidence && evidence !== verdict ? `${what} (${evidence}).` : `${what}.`;
}

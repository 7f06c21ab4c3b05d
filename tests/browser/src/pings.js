/**
 * A conversation with the demo that needs no page: a hundred numbered pings, which the server's handler answers one by
 * one. It runs wherever the client does, and a front serves it to pages and workers as it stands.
 */

const PINGS = 100;
/** In milliseconds; who is not through by then has failed. */
const PATIENCE = 30_000;

/**
 * Opens a session, has every ping answered, and closes it.
 * @param {typeof import("../../../client-js/src/index.js").Session} Session
 * @param {string} url
 * @param {import("../../../client-js/src/index.js").Options} [options]
 * @returns {Promise<{ transport?: string, answered: number[], code: number, reason: string }>} What carried the last
 *   answer, the numbers in the order of their answers, and how the session ended.
 */
export function pings(Session, url, options) {
  const session = new Session(url, { signal: AbortSignal.timeout(PATIENCE), ...options });
  /** @type {string | undefined} */
  let transport;
  /** @type {number[]} */
  const answered = [];
  session.addEventListener("open", () => {
    for (let id = 1; id <= PINGS; id += 1) session.send(JSON.stringify({ type: "ping", id }));
  });
  session.addEventListener("message", ({ data }) => {
    const { type, id } = JSON.parse(data);
    if (type === "pong") answered.push(id);
    if (answered.length < PINGS) return;
    transport = session.transport;
    session.close();
  });
  return new Promise((resolve) => {
    session.addEventListener("close", ({ code, reason }) => resolve({ transport, answered, code, reason }));
  });
}

/** What it comes to where nothing is wrong. @param {string} transport */
export function well(transport) {
  return { transport, answered: Array.from({ length: PINGS }, (_, index) => index + 1), code: 1000, reason: "" };
}

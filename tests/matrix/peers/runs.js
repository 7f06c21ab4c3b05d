/** What a peer's server does for the matrix: the same words as ours, the same book of runs, the same two listeners. */

import { once } from "node:events";
import { createServer } from "node:http";

/** A hundred messages a second. */
const PACE = 10;
/** Without an icon, for which browsers would ask. */
const PAGE = '<!doctype html><meta charset="utf-8"><title>Matrix</title><link rel="icon" href="data:,">';

/**
 * @typedef {object} Run
 * @property {boolean} isStreaming
 * @property {number[]} received
 * @property {number | null} receivedAt When the last number came, or when the first one could.
 * @property {number} gap
 * @property {(text: string) => void} send To the conversation that joined it last.
 */

/** @type {Map<string, Run>} */
const runs = new Map();

/** @param {string} name @returns {Run} */
function runOf(name) {
  const run = runs.get(name) ?? { isStreaming: false, received: [], receivedAt: null, gap: 0, send() {} };
  runs.set(name, run);
  return run;
}

/**
 * A conversation: hears its messages.
 * @param {(text: string) => void} send To this conversation.
 * @param {string} [name] Its run, where that is known before it says so.
 * @param {(text: string) => void} [sendToRun] To whichever conversation is the run's.
 * @returns {(text: string) => void}
 */
export function conversation(send, name = "", sendToRun = send) {
  let run = runOf(name);
  if (name) run.send = sendToRun;
  return (text) => {
    const [word, ...words] = text.split(" ");
    if (word === "join") {
      run = runOf(words[0]);
      run.send = sendToRun;
    } else if (word === "echo") send(text);
    else if (word === "start") start(run, Number(words[0]), Number(words[1]));
    else note(run, Number(word));
  };
}

/** @param {Run} run @param {number} number */
function note(run, number) {
  const now = performance.now();
  run.gap = Math.max(run.gap, now - (run.receivedAt ?? now));
  run.receivedAt = now;
  run.received.push(number);
}

/** @param {Run} run @param {number} first @param {number} last */
function start(run, first, last) {
  run.receivedAt ??= performance.now();
  if (run.isStreaming) return;
  run.isStreaming = true;
  const began = performance.now();
  let next = first;
  const timer = setInterval(() => {
    const due = Math.min(last, first + Math.floor((performance.now() - began) / PACE));
    for (; next <= due; next += 1) run.send(`${next}`);
    if (next > last) clearInterval(timer);
  }, PACE);
}

/**
 * Opens the two listeners and prints where they are.
 * @param {(server: import("node:http").Server) => void} attach Puts the stack onto a listener.
 */
export async function listen(attach) {
  const addresses = [];
  for (let count = 0; count < 2; count += 1) {
    const server = createServer(answer);
    attach(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    addresses.push(`127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`);
  }
  console.log(JSON.stringify({ listen: addresses[0], second: addresses[1] }));
}

/** @type {import("node:http").RequestListener} */
function answer(request, response) {
  const [, folder, name] = (request.url ?? "").split("/");
  if (folder === "") return response.setHeader("content-type", "text/html").end(PAGE);
  if (folder !== "runs") return response.writeHead(404).end();
  const { received, gap, receivedAt } = runOf(name);
  const silence = receivedAt === null ? null : performance.now() - receivedAt;
  return response.end(JSON.stringify({ received, gap, silence }));
}

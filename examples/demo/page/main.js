/**
 * The demo page: one session of Throughline, shown from all sides. This file only puts the parts together; each part is
 * a file of its own with an `attach(session, conversation)`, which is called for every session that the page begins, and
 * perhaps a `render()`, which is called a few times a second.
 *
 * `globalThis.demo.session` is the current session: for the console, and for the browser tests.
 */

import { Session } from "/realtime/client.js";
import { Carrier } from "./carrier.js";
import { Chat } from "./chat.js";
import { Controls } from "./controls.js";
import { Conversation } from "./conversation.js";
import { find, say } from "./dom.js";
import { Facts } from "./facts.js";
import { Journal } from "./journal.js";
import { Network } from "./network.js";
import { Stream } from "./stream.js";
import { Verdicts } from "./verdicts.js";

/** @typedef {{ attach(session: Session, conversation: Conversation): void, render?(): void }} Part */

const REFRESH = 250;

const network = new Network();
const journal = new Journal();
const carrier = new Carrier(journal);
const controls = new Controls(network, carrier);
/** @type {Part[]} */
const parts = [carrier, controls, new Chat(), new Stream(), new Facts(network), new Verdicts()];

/** How long to wait before a new session, where the server did not say. */
const PAUSE = 1000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let pausing;

function begin() {
  clearTimeout(pausing);
  find("ended").hidden = true;
  // The server may send ahead what the stream makes in the time that a session is kept without a link.
  const session = new Session("/realtime", { window: 1 << 20, fetch: network.fetch, WebSocket: network.WebSocket });
  const conversation = new Conversation(session);
  Object.assign(globalThis, { demo: { session } });
  for (const part of parts) part.attach(session, conversation);
  session.addEventListener("close", ended);
}

/** The session is over, and its end says why. Whether a new one makes sense is told by the code's band. */
function ended({ code, reason, retry, retryAfter = PAUSE, fates }) {
  const sentence = `The session ended: ${reason || "closed"} (${code}).${toll(fates)}`;
  carrier.note("end", sentence);
  say(find("ended-reason"), sentence);
  find("ended").hidden = false;
  if (retry) pausing = setTimeout(begin, retryAfter);
}

/**
 * The fates of what was not acknowledged, counted.
 * @param {{ fate: string }[]} fates
 */
function toll(fates) {
  const counts = /** @type {Record<string, number>} */ ({});
  for (const { fate } of fates) counts[fate] = (counts[fate] ?? 0) + 1;
  const parts = Object.entries(counts).map(([fate, count]) => `${count} ${fate}`);
  return parts.length ? ` Of what you sent last: ${parts.join(", ")}.` : "";
}

function refresh() {
  for (const part of parts) part.render?.();
}

find("restart").addEventListener("click", begin);
begin();
setInterval(refresh, REFRESH);

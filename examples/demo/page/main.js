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

const REFRESH = 250;

const network = new Network();
const journal = new Journal();
const carrier = new Carrier(journal);
const controls = new Controls(network, carrier);
const parts = [carrier, controls, new Chat(), new Stream(), new Facts(), new Verdicts()];

function begin() {
  const session = new Session("/realtime", { fetch: network.fetch, WebSocket: network.WebSocket });
  const conversation = new Conversation(session);
  globalThis.demo = { session };
  for (const part of parts) part.attach(session, conversation);
  session.addEventListener("close", (event) => ended(event));
  find("ended").hidden = true;
}

function ended({ code, reason }) {
  journal.add(`The session ended with code ${code}: ${reason}`);
  say(find("ended-reason"), `The session ended: ${reason} (${code}).`);
  find("ended").hidden = false;
}

function refresh() {
  for (const part of parts) part.render?.();
}

find("restart").addEventListener("click", begin);
begin();
setInterval(refresh, REFRESH);

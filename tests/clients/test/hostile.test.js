// The official client of Engine.IO behind networks that break things: whatever its wire format can survive, it survives.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Hostile } from "../../browser/src/hostile.js";
import { Conversation, KINDS, NOTHING, wrong } from "../src/conversation.js";
import { Server } from "../src/server.js";

/** As many messages are said in each network. */
const SAID = 200;
/** Whatever is stalled here waits for a deadline of the protocol, and those are longer. */
const STALL = 5_000;

/**
 * The networks, and which clients get through; each fault must have struck each of them. Who is `idle` says nothing for longer
 * than the network bears silence.
 */
const NETWORKS = /** @type {Record<string, Network>} */ ({
  "nothing in the way": { faults: [], kinds: KINDS },
  "WebSockets refused": { faults: ["upgrade-refused=403"], kinds: ["default"] },
  "WebSockets stripped": { faults: ["upgrade-stripped"], kinds: ["default"] },
  "WebSockets never answered": { faults: ["upgrade-hung"], kinds: ["default"] },
  "WebSockets answered to the proxy alone": { faults: ["upgrade-unrelayed"], kinds: ["default"] },
  "WebSockets open and mute": { faults: ["mute=both"], kinds: ["default"] },
  "WebSockets mute to the server": { faults: ["mute=up"], kinds: ["default"] },
  "WebSockets mute to the client": { faults: ["mute=down"], kinds: ["default"] },
  "first frames lost": { faults: ["first-frame-dropped=both"], kinds: ["default"] },
  "frames corrupted": { faults: ["frames-corrupted=both"], kinds: ["default"] },
  "frames split": { faults: ["frames-split=both"], kinds: ["websocket", "default"] },
  "each POST sent twice": { faults: ["post-repeated=same"], kinds: ["polling"] },
  "each GET sent twice": { faults: ["get-repeated=same"], kinds: ["polling", "default"] },
  "each request sent twice, without WebSockets": {
    faults: ["post-repeated=same", "get-repeated=same", "upgrade-refused=403"],
    kinds: ["default"],
  },
  "idle connections cut": { faults: ["cut-idle=1500ms"], kinds: KINDS, idle: true },
  "long requests cut": { faults: ["cut-request=1500ms"], kinds: KINDS, idle: true },
  "HTTP/1.0 to the server": { faults: ["http10"], kinds: ["polling", "default"] },
  "answers held back": { faults: ["buffered"], kinds: ["polling", "default"] },
  "answers without a length": { faults: ["chunking-stripped"], kinds: ["polling", "default"] },
  "a distance": { faults: ["latency=20ms", "jitter=20ms"], kinds: KINDS },
});

/** @typedef {{ faults: string[], kinds: readonly import("../src/conversation.js").Kind[], idle?: boolean }} Network */

/** The longest silence of all, and in how many conversations. */
const silence = { longest: 0, conversations: 0 };
after(() => {
  const { longest, conversations } = silence;
  console.log(
    `clients: ${conversations} conversations in hostile networks, silent for ${longest.toFixed()} ms at most`,
  );
});

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start("--ping-interval", "500");
});
after(() => server.stop());

for (const [name, network] of Object.entries(NETWORKS)) {
  describe(`engine.io-client with ${name}`, { concurrency: true }, () => {
    for (const kind of network.kinds) {
      it(`${kind}: nothing is lost, executed twice or stalled`, () => converse(network, kind));
    }
  });
}

/**
 * @param {Network} network
 * @param {import("../src/conversation.js").Kind} kind
 */
async function converse({ faults, idle }, kind) {
  const hostile = await Hostile.start(server.address);
  try {
    await hostile.set(faults);
    const conversation = await Conversation.open(hostile.origin, kind);
    if (idle) await conversation.pinged(5);
    const said = await conversation.count((already) => already < SAID);
    assert.deepEqual(wrong(conversation.heard, said), NOTHING);
    assert.ok(conversation.gap < STALL, `silent for ${conversation.gap} ms`);
    silence.longest = Math.max(silence.longest, conversation.gap);
    silence.conversations += 1;
    await conversation.close();
    if (!idle) await strikes(hostile, faults);
  } finally {
    await hostile.stop();
  }
}

/** That the network is as hostile as it should be. @param {Hostile} hostile @param {string[]} faults */
async function strikes(hostile, faults) {
  const { struck } = await hostile.counts();
  const names = faults.map((fault) => fault.replace(/=.*/, ""));
  assert.deepEqual(Object.keys(struck).sort(), names.sort());
}

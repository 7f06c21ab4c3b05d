// The official client of Socket.IO, whose connection is lost again and again: with recovery on, it misses nothing that was
// said to it, in every way in which a connection can be lost.

import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { until } from "../../browser/src/until.js";
import { NOTHING, wrong } from "../src/conversation.js";
import { KINDS } from "../src/io.js";
import { Room } from "../src/room.js";

/** A client that is told nothing finds out by its pings. */
const PINGS = { interval: 300, timeout: 700 };
/** Nobody finds out by pings while a test runs. */
const SELDOM = { interval: 60_000, timeout: 60_000 };

/** So many numbers are said before a connection is lost, and after. */
const SOME = 40;

/** What loses a session for good, in networks that go on losing sessions until they are mended. */
const LOSSES = /** @type {Record<string, { fault: string, kinds: import("../src/io.js").Kind[] }>} */ ({
  "answers cut short": { fault: "truncated=10 odds=20%", kinds: ["polling"] },
  "a block page for an answer": { fault: "waf=403 odds=20%", kinds: ["polling"] },
  "a login page for an answer": { fault: "captive-portal=page odds=20%", kinds: ["polling"] },
  "POSTs that fail after they were executed": { fault: "post-aborted=executed odds=50%", kinds: ["polling"] },
  "POSTs that fail before": { fault: "post-aborted=lost odds=50%", kinds: ["polling"] },
  "corrupted frames": { fault: "frames-corrupted=down", kinds: ["websocket", "default"] },
  "a WebSocket that falls mute": { fault: "mute=both", kinds: ["websocket", "default"] },
  "a WebSocket mute to the client": { fault: "mute=down", kinds: ["websocket", "default"] },
  "a WebSocket mute to the server": { fault: "mute=up", kinds: ["websocket", "default"] },
});

describe("socket.io-client 4", { concurrency: 4 }, () => {
  for (const [name, { fault, kinds }] of Object.entries(LOSSES)) {
    for (const kind of kinds) {
      it(`comes back from ${name}: ${kind}`, async () => {
        await listening(kind, PINGS, async (room) => {
          await room.say(SOME);
          await room.sufferUntilLost(fault);
          await room.talkUntilConnected(2);
        });
      });
    }
  }
});

for (const kind of KINDS) {
  describe(`socket.io-client 4, ${kind}`, { concurrency: true }, () => {
    it("comes back as often as its connection is cut", async () => {
      await listening(kind, PINGS, async (room) => {
        for (let cuts = 1; cuts <= 3; cuts += 1) {
          await room.say(SOME);
          await room.strikeUntilConnected("cut", cuts + 1);
        }
      });
    });

    it("comes back while the server still believes in its connection", async () => {
      await listening(kind, SELDOM, async (room) => {
        await room.say(SOME);
        await room.strikeUntilConnected("address-change", 2);
      });
    });

    it("comes back although it may have heard nothing before", async () => {
      await listening(kind, PINGS, async (room) => {
        await room.strikeUntilConnected("cut", 2);
      });
    });

    it("comes back from where nothing arrived any more and nobody was told", async () => {
      await listening(kind, PINGS, async (room) => {
        await room.say(SOME);
        await room.hostile.set(["sleep=2s"]);
        await room.talkUntilConnected(2);
      });
    });
  });
}

/**
 * Plays what happens to a client that listens, then looks at what it heard: each number once, in order, as the same socket.
 * @param {import("../src/io.js").Kind} kind
 * @param {{ interval: number, timeout: number }} pings
 * @param {(room: Room) => Promise<void>} play
 */
async function listening(kind, pings, play) {
  const room = await Room.open(kind, pings);
  try {
    const { id } = room.listener.socket;
    await play(room);
    await room.say(SOME);
    await until(
      "all of it was heard",
      () => room.heard.length >= room.said,
      () => room.listener.heard.slice(-3),
    );
    assert.deepEqual(wrong(room.heard, room.said), NOTHING);
    assert.equal(room.listener.socket.id, id);
    assert.ok(room.listener.socket.recovered);
  } finally {
    await room.close();
  }
}

// The official client of Engine.IO against our server: polling, WebSocket, and from one to the other.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Socket } from "engine.io-client";
import Socket3 from "engine.io-client-3";
import { until } from "../../browser/src/until.js";
import { Conversation, KINDS, NOTHING, wrong } from "../src/conversation.js";
import { Server } from "../src/server.js";

/** More than one read or write of anything on the way. */
const LARGE = 900_000;

/** The versions of the client, each with what its server is told. */
const VERSIONS = [
  { name: "engine.io-client 6", Client: Socket, options: [] },
  { name: "engine.io-client 3", Client: Socket3, options: ["--eio3"] },
];

for (const { name, Client, options } of VERSIONS) {
  /** @type {Server} */
  let server;
  before(async () => {
    server = await Server.start("--ping-interval", "300", ...options);
  });
  after(() => server.stop());

  const open = (/** @type {import("../src/conversation.js").Kind} */ kind, origin = server.origin) =>
    Conversation.open(origin, kind, Client);

  for (const kind of KINDS) describe(`${name}, ${kind}`, () => converses(() => open(kind)));
  describe(name, () => comesAndGoes(name, open));
}

/** What is said comes back. @param {() => Promise<Conversation>} open */
function converses(open) {
  /** @type {Conversation} */
  let conversation;
  before(async () => {
    conversation = await open();
  });
  after(() => conversation.close());

  it("hears texts as they were said", async () => {
    const texts = ["hello", "é€𝄞", '\u0000\n"', "2probe", "b4AQ=="];
    assert.deepEqual(await conversation.echoes(...texts), texts);
  });

  it("hears bytes as they were said", async () => {
    const bytes = [Buffer.from([]), Buffer.from([0, 1, 2, 255]), Buffer.from("text?")];
    assert.deepEqual(await conversation.echoes(...bytes), bytes);
  });

  it("hears texts and bytes in their order", async () => {
    const mixed = Array.from({ length: 50 }, (_, number) => (number % 2 ? Buffer.of(number) : `${number}`));
    assert.deepEqual(await conversation.echoes(...mixed), mixed);
  });

  it("hears what is large", async () => {
    const [text] = await conversation.echoes("é".repeat(LARGE / 2));
    assert.equal(text, "é".repeat(LARGE / 2));
    // In base64 a third more.
    const bytes = Buffer.alloc(LARGE / 2, 7);
    assert.deepEqual(await conversation.echoes(bytes), [bytes]);
  });

  it("hears thousands of messages in their order", async () => {
    const earlier = conversation.heard.length;
    const said = 5_000;
    await conversation.echoes(...Array.from({ length: said }, (_, number) => `${number}`));
    assert.deepEqual(wrong(conversation.heard.slice(earlier), said), NOTHING);
  });

  it("is pinged and stays", async () => {
    await conversation.pinged(3);
    assert.deepEqual(await conversation.echoes("still here"), ["still here"]);
  });
}

/**
 * Sessions begin, move and end.
 * @param {string} name
 * @param {(kind: import("../src/conversation.js").Kind, origin?: string) => Promise<Conversation>} open
 */
function comesAndGoes(name, open) {
  it("upgrades a hundred times under load, and nothing is lost, repeated or reordered", async () => {
    const upgrade = async () => {
      const conversation = await open("default");
      let after = 0;
      const said = await conversation.count(() => conversation.transport !== "websocket" || after++ < 30, 1);
      const found = wrong(conversation.heard, said);
      await conversation.close();
      return { said, found };
    };
    let messages = 0;
    for (let round = 0; round < 10; round += 1) {
      const results = await Promise.all(Array.from({ length: 10 }, upgrade));
      for (const { said, found } of results) {
        assert.deepEqual(found, NOTHING);
        messages += said;
      }
    }
    console.log(`clients: 100 upgrades of ${name}, ${messages} messages each way, none lost, repeated or reordered`);
  });

  it("closes, and opens another session", async () => {
    for (const kind of KINDS) {
      const conversation = await open(kind);
      const first = conversation.socket.id;
      await conversation.close();
      assert.equal(conversation.closed, "forced close");
      conversation.closed = undefined;
      const another = await open(kind);
      assert.notEqual(another.socket.id, first);
      await another.close();
    }
  });

  it("is told when the server goes", async () => {
    for (const kind of KINDS) {
      const going = await Server.start("--eio3");
      const conversation = await open(kind, going.origin);
      await conversation.echoes("hello");
      await going.stop();
      await until("the client was told", () => conversation.closed);
      assert.match(conversation.closed ?? "", /^transport (close|error)$/);
    }
  });
}

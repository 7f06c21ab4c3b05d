// Rooms in which clients of all kinds are together: the official ones, and ours over our own protocol.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import io2 from "socket.io-client-2";
import WebSocket from "ws";
import { io as ours } from "../../../client-js/src/events/index.js";
import { Hostile } from "../../browser/src/hostile.js";
import { until } from "../../browser/src/until.js";
import { NOTHING, wrong } from "../src/conversation.js";
import { Client, KINDS } from "../src/io.js";
import { Server } from "../src/server.js";

/** As many numbers are said by each. */
const SAID = 200;
/** Node has no WebSocket of its own before version 22; this one throws errors that nobody listens to, which browsers do not. */
const OURS = {
  WebSocket: class extends WebSocket {
    /** @param {ConstructorParameters<typeof WebSocket>} words */
    constructor(...words) {
      super(...words);
      this.on("error", () => {});
    }
  },
};

/** @typedef {import("../src/io.js").Kind} Kind */

/** @type {Server} */
let server;
before(async () => {
  server = await Server.room({ interval: 25_000, timeout: 20_000 });
});
after(() => server.stop());

/** What a client heard of another one. @param {Client} client @param {string} who */
const heard = (client, who) =>
  client.heard.filter(([name, other]) => name === "said" && other === who).map(([, , number]) => number);

/** Says numbers, as that one. @param {Client} client @param {string} who */
function say(client, who) {
  for (let number = 0; number < SAID; number += 1) client.socket.emit("say", who, number);
}

/** Waits until a client has heard all numbers of another one, and looks at them. @param {Client} client @param {string} who */
async function hearsAll(client, who) {
  await until(
    `all of ${who} was heard`,
    () => heard(client, who).length >= SAID,
    () => [heard(client, who).length, client.heard.slice(-2)],
  );
  assert.deepEqual(wrong(heard(client, who), SAID), NOTHING);
}

describe("a room", () => {
  it("is the same for clients of every kind", async () => {
    const connecting = KINDS.flatMap((kind) => [
      Client.connected(server.origin, kind),
      Client.connected(server.origin, kind, {}, io2),
      Client.connected(server.origin, kind, OURS, ours),
    ]);
    const members = await Promise.all(connecting);
    members.forEach((member, who) => {
      say(member, `member ${who}`);
    });
    for (const member of members)
      for (const [who, other] of members.entries()) if (other !== member) await hearsAll(member, `member ${who}`);
    for (const member of members) member.close();
  });

  for (const kind of KINDS) {
    it(`hears and tells our client everything once, whose connections are cut again and again: ${kind}`, async () => {
      const hostile = await Hostile.start(server.address);
      const [official, own] = await Promise.all([
        Client.connected(server.origin, "websocket"),
        Client.connected(hostile.origin, kind, OURS, ours),
      ]);
      for (let number = 0; number < SAID; number += 1) {
        own.socket.emit("say", `own ${kind}`, number);
        official.socket.emit("say", `official ${kind}`, number);
        if (number % 40 === 20) {
          await hostile.set(["cut"]);
          await until("it was cut", () => heard(own, `official ${kind}`).length > number / 2);
        }
      }
      await Promise.all([hearsAll(official, `own ${kind}`), hearsAll(own, `official ${kind}`)]);
      assert.equal(own.all("connect").length, 1);
      for (const client of [official, own]) client.close();
      await hostile.stop();
    });
  }
});

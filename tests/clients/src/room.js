/** A room with one who talks, straight to the server, and one who listens through the hostile proxy. */

import { strict as assert } from "node:assert";
import { Hostile } from "../../browser/src/hostile.js";
import { Client } from "./io.js";
import { Server } from "./server.js";

export class Room {
  #server;
  #talker;
  hostile;
  listener;
  /** Numbers that were said. */
  said = 0;

  /**
   * @param {Server} server
   * @param {Hostile} hostile
   * @param {Client} talker
   * @param {Client} listener
   */
  constructor(server, hostile, talker, listener) {
    this.#server = server;
    this.#talker = talker;
    this.hostile = hostile;
    this.listener = listener;
  }

  /**
   * @param {import("./io.js").Kind} kind Of the one who listens.
   * @param {{ interval: number, timeout: number }} pings
   */
  static async open(kind, pings) {
    const server = await Server.room(pings);
    const hostile = await Hostile.start(server.address);
    const talker = await Client.connected(server.origin, "websocket");
    const listener = await Client.connected(hostile.origin, kind);
    await listener.settled(kind);
    return new Room(server, hostile, talker, listener);
  }

  async #sayOne() {
    assert.equal(await this.#talker.socket.emitWithAck("say", this.said), true);
    this.said += 1;
  }

  /** @param {number} count */
  async say(count) {
    for (let number = 0; number < count; number += 1) await this.#sayOne();
  }

  /**
   * Resets connections and goes on until the listener has connected so many times. Where it polls, there is not always one.
   * @param {"cut" | "address-change"} fault
   * @param {number} times
   */
  async strikeUntilConnected(fault, times) {
    while (this.listener.socket.connected && this.#connects < times) {
      await this.hostile.set([fault]);
      await this.say(5);
    }
    await this.talkUntilConnected(times);
  }

  /** Has a fault strike, and goes on until the listener has lost its session by it. @param {string} fault */
  async sufferUntilLost(fault) {
    await this.hostile.set([fault]);
    await this.#talkUntil("it loses its session", () => !this.listener.socket.connected);
    await this.hostile.set([]);
  }

  /** Goes on until the listener has connected so many times. @param {number} times */
  talkUntilConnected(times) {
    return this.#talkUntil("it comes back", () => this.#connects >= times);
  }

  /** @param {string} what @param {() => boolean} condition */
  async #talkUntil(what, condition) {
    const end = performance.now() + PATIENCE;
    while (!condition()) {
      assert.ok(performance.now() < end, `waited until ${what}: ${JSON.stringify(this.listener.heard.slice(-3))}`);
      await this.#sayOne();
    }
  }

  get #connects() {
    return this.listener.all("connect").length;
  }

  /** The numbers that the listener heard. */
  get heard() {
    return this.listener.all("said");
  }

  async close() {
    this.#talker.close();
    this.listener.close();
    await this.hostile.stop();
    await this.#server.stop();
  }
}

const PATIENCE = 30_000;

/**
 * Two in the room of the example `sockjs`, where everybody hears what anybody says: one who talks there over a WebSocket without
 * any protocol, straight to the server, and one in a page behind the hostile proxy, who talks as well.
 */

import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";
import { until } from "../../browser/src/until.js";
import { wrong } from "./conversation.js";
import { join } from "./sockjs.js";

/** Between two numbers, in milliseconds. */
const PACE = 10;

class Talker {
  #socket;
  /** What its numbers begin with. */
  #words;
  /** @type {string[]} */
  heard = [];
  said = 0;

  /** @param {WebSocket} socket @param {string} words */
  constructor(socket, words) {
    this.#socket = socket;
    this.#words = words;
    socket.on("message", (message) => this.heard.push(`${message}`));
  }

  /** @param {string} origin @param {string} words */
  static async enter(origin, words) {
    const socket = new WebSocket(`${origin.replace("http", "ws")}/broadcast/websocket`);
    const talker = new Talker(socket, words);
    await once(socket, "open");
    return talker;
  }

  /** @param {number} count */
  async count(count) {
    for (let number = 0; number < count; number += 1) {
      this.#socket.send(this.#words + this.said);
      this.said += 1;
      await pause(PACE);
    }
  }

  close() {
    this.#socket.close();
  }
}

export class Everybody {
  #talker;
  #page;
  #words;

  /** @param {Talker} talker @param {import("puppeteer-core").Page} page @param {ReturnType<typeof wordsOf>} words */
  constructor(talker, page, words) {
    this.#talker = talker;
    this.#page = page;
    this.#words = words;
  }

  /**
   * @param {string} direct Where the server is.
   * @param {string} origin Where the page looks for it.
   * @param {import("puppeteer-core").Page} page
   * @param {string} transport Of the page.
   */
  static async meet(direct, origin, page, transport) {
    const words = wordsOf(transport);
    const room = new Everybody(await Talker.enter(direct, words.down), page, words);
    await page.evaluate(join, `${origin}/broadcast`, transport, words.up, PACE);
    await room.#settled();
    return room;
  }

  /** What the page has of it. */
  #member() {
    return this.#page.evaluate(() => /** @type {ReturnType<typeof join> & any} */ (globalThis).member);
  }

  #settled() {
    const isOpen = async () => {
      const { opened, ends } = await this.#member();
      return opened > ends.length;
    };
    return until("the page is in the room", isOpen, async () => (await this.#member()).ends);
  }

  /** Whether the page talks. @param {boolean} talks */
  async pageTalks(talks) {
    await this.#page.evaluate((talks) => {
      /** @type {any} */ (globalThis).member.talks = talks;
    }, talks);
  }

  /** Says so many numbers to the page. @param {number} numbers */
  count(numbers) {
    return this.#talker.count(numbers);
  }

  /** What came through in either direction, and how often the page's session ended; nobody talks any more. */
  async result() {
    const { up, down, last } = this.#words;
    await this.pageTalks(false);
    await this.#settled();
    await this.#page.evaluate((last) => /** @type {any} */ (globalThis).member.say(last), last);
    const heardLast = async () => {
      const { heard } = await this.#member();
      return heard.includes(last);
    };
    await until("the page hears itself", heardLast);
    const { heard, said, ends } = await this.#member();
    return {
      down: wrong(numbers(heard, down), this.#talker.said),
      up: wrong(numbers(this.#talker.heard, up), said),
      ends: ends.length,
    };
  }

  close() {
    this.#talker.close();
  }
}

/** Others may be in the room who say numbers. @param {string} who */
const wordsOf = (who) => ({ up: `${who} up `, down: `${who} down `, last: `${who} ends` });

/** The numbers that were said with these words before them. @param {string[]} heard @param {string} words */
function numbers(heard, words) {
  return heard.filter((text) => text.startsWith(words)).map((text) => text.slice(words.length));
}

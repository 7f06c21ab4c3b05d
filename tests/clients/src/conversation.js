/** The official client of Engine.IO in conversation with a server that echoes, and what it makes of the conversation. */

import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Socket } from "engine.io-client";
import { until } from "../../browser/src/until.js";

/** What a client of each kind is told to use; the official one's default is to poll, and then to upgrade. */
const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], default: ["polling", "websocket"] };

/** @typedef {keyof typeof TRANSPORTS} Kind */
export const KINDS = /** @type {Kind[]} */ (Object.keys(TRANSPORTS));

export class Conversation {
  /** @type {unknown[]} */
  heard = [];
  /** When each of them came. @type {number[]} */
  #times = [];
  /** Why it ended, if it did. @type {string | undefined} */
  closed;

  /**
   * @param {string} origin
   * @param {Kind} kind
   * @param {any} [Client] That of another version.
   */
  constructor(origin, kind, Client = Socket) {
    /** @type {Socket} */
    this.socket = new Client(origin, { transports: TRANSPORTS[kind] });
    this.socket.on("message", (message) => {
      this.heard.push(message);
      this.#times.push(performance.now());
    });
    this.socket.on("close", (reason) => {
      this.closed = reason;
    });
  }

  /** @param {Parameters<typeof until>[0]} what @param {() => unknown} condition */
  #until(what, condition) {
    const lasting = () => {
      if (this.closed) throw new Error(`the conversation ended: ${this.closed}`);
      return condition();
    };
    return until(what, lasting, () => ({ heard: this.heard.length, closed: this.closed, at: this.transport }));
  }

  /** @param {ConstructorParameters<typeof Conversation>} words */
  static async open(...words) {
    const conversation = new Conversation(...words);
    await conversation.#until("it is open", () => conversation.socket.readyState === "open");
    return conversation;
  }

  /** What carries it now. */
  get transport() {
    return this.socket.transport?.name;
  }

  /** Waits for so many more pings. @param {number} pings */
  async pinged(pings) {
    let came = 0;
    this.socket.on("ping", () => {
      came += 1;
    });
    await this.#until(`${pings} pings came`, () => came >= pings);
  }

  /** Says something, and waits for as many echoes as there should be by then. @param {unknown[]} messages */
  async echoes(...messages) {
    const expected = this.heard.length + messages.length;
    for (const message of messages) this.socket.send(/** @type {any} */ (message));
    await this.#until(`${expected} echoes came`, () => this.heard.length >= expected);
    return this.heard.slice(-messages.length);
  }

  /** Counts up while the condition says so, `every` milliseconds; gives how far it came. @param {(said: number) => unknown} goesOn */
  async count(goesOn, every = 2) {
    let said = 0;
    while (await goesOn(said)) {
      this.socket.send(String(said));
      said += 1;
      await pause(every);
    }
    await this.#until(`all of ${said} echoes came`, () => this.heard.length >= said);
    return said;
  }

  /** The longest time between two echoes, in milliseconds. */
  get gap() {
    return Math.max(...this.#times.map((time, index) => (index ? time - this.#times[index - 1] : 0)));
  }

  async close() {
    if (this.closed) return;
    const closed = once(/** @type {any} */ (this.socket), "close");
    this.socket.close();
    await closed;
  }
}

/** What is wrong with what was heard, where the numbers from zero were said. @param {unknown[]} heard @param {number} said */
export function wrong(heard, said) {
  const numbers = heard.map(Number);
  const distinct = new Set(numbers);
  return {
    lost: said - distinct.size,
    repeated: numbers.length - distinct.size,
    reordered: numbers.filter((number, index) => index > 0 && number < numbers[index - 1]).length,
  };
}

export const NOTHING = { lost: 0, repeated: 0, reordered: 0 };

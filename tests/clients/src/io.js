/** The official clients of Socket.IO, as a test uses them: what they hear is noted, and waited for. */

import { io as io4 } from "socket.io-client";
import { until } from "../../browser/src/until.js";

/** What a client of each kind is told to use; the official one's default is to poll, and then to upgrade. */
const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], default: undefined };

/** @typedef {keyof typeof TRANSPORTS} Kind */
export const KINDS = /** @type {Kind[]} */ (Object.keys(TRANSPORTS));

/** The part of both major versions that is used here. @typedef {ReturnType<typeof io4>} Socket */

export class Client {
  /** Everything that was heard, as lists of a name and arguments. @type {unknown[][]} */
  heard = [];

  /** @param {Socket} socket */
  constructor(socket) {
    this.socket = socket;
  }

  /**
   * @param {string} url With the namespace as its path.
   * @param {Kind} kind
   * @param {any} [options]
   * @param {(url: string, options: any) => any} [io] That of another version.
   */
  static of(url, kind, options, io = io4) {
    const transports = TRANSPORTS[kind];
    const socket = io(url, { forceNew: true, reconnectionDelay: 50, ...(transports && { transports }), ...options });
    const client = new Client(socket);
    for (const name of ["connect", "disconnect", "connect_error", "error", "auth", "message-back", "said", "got it"])
      socket.on(name, (/** @type {unknown[]} */ ...args) => client.heard.push([name, ...args]));
    return client;
  }

  /** Waits for the next event of this name, and gives its arguments. @param {string} name */
  async hears(name, from = 0) {
    const find = () => this.heard.slice(from).find(([heard]) => heard === name);
    const [, ...args] = await until(`${name} came`, find, () => this.heard);
    return args;
  }

  /** The first arguments of all events of this name. @param {string} name */
  all(name) {
    return this.heard.filter(([heard]) => heard === name).map(([, first]) => first);
  }

  /** @param {Parameters<typeof Client.of>} words */
  static async connected(...words) {
    const client = Client.of(...words);
    await client.hears("connect");
    return client;
  }

  /** What carries it now. */
  get transport() {
    return this.socket.io.engine?.transport?.name;
  }

  /** Waits until it has moved to where its kind ends up. @param {Kind} kind */
  settled(kind) {
    const wanted = kind === "polling" ? "polling" : "websocket";
    return until(`it is on ${wanted}`, () => this.transport === wanted);
  }

  close() {
    this.socket.disconnect();
  }
}

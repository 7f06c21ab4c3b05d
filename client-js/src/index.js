// The public face: a session in the shape of the standard WebSocket.

import { drive, weigh } from "./driver.js";
import { SendError } from "./errors.js";
import { TRANSPORTS } from "./race.js";
import { size } from "./wire.js";

export { SendError };

/**
 * @typedef {import("./session.js").Transport} Transport
 * @typedef {import("./verdicts.js").Verdict} Verdict
 *
 * @typedef {object} Options
 * @property {string | string[]} [protocols] application protocols to offer
 * @property {string | (() => string | Promise<string>)} [token] for the server's authentication hook; a function is asked again before the token expires
 * @property {AbortSignal} [signal] ends the session at once
 * @property {number} [queue] bytes that `send` may queue before the first open, and beyond the server's window, each message with 16 more than its payload; without it `send` throws before the first open
 * @property {Transport[]} [transports] those to use, the best first
 * @property {number} [window] bytes that the server may send ahead of our acknowledgements
 * @property {typeof WebSocket | null} [WebSocket]
 * @property {typeof fetch} [fetch]
 * @property {Pick<Storage, "getItem" | "setItem">} [storage] remembers verdicts about transports
 * @property {() => number} [random]
 * @property {() => number} [now] milliseconds on a clock that only goes forward
 * @property {() => number} [date] milliseconds on the wall clock
 * @property {(ring: () => void, delay: number) => any} [setTimeout]
 * @property {(timer: any) => void} [clearTimeout]
 * @property {any} [page] where `online`, `pageshow` and the like are heard
 */

export class Session extends EventTarget {
  /** @type {0} */
  static CONNECTING = 0;
  /** @type {1} */
  static OPEN = 1;
  /** @type {2} */
  static CLOSING = 2;
  /** @type {3} */
  static CLOSED = 3;
  /** @type {0} */
  CONNECTING = 0;
  /** @type {1} */
  OPEN = 1;
  /** @type {2} */
  CLOSING = 2;
  /** @type {3} */
  CLOSED = 3;

  url;
  /** @type {0 | 1 | 2 | 3} */
  readyState = 0;
  protocol = "";
  extensions = "";
  /** @type {"blob" | "arraybuffer"} */
  binaryType = "blob";
  /** @type {"connecting" | "live" | "waiting" | "closing" | "closed"} */
  state = "connecting";
  /** @type {Transport | null} */
  transport = null;
  /** @type {((event: any) => void) | null} */
  onopen = null;
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  /** @type {((event: any) => void) | null} */
  onerror = null;
  /** @type {((event: any) => void) | null} */
  onclose = null;

  #driver;
  #ignored = 0;

  /**
   * @param {string | URL} url where the server is mounted: http(s) or ws(s), absolute or relative
   * @param {string | string[] | Options} [protocols]
   * @param {Options} [options]
   */
  constructor(url, protocols = {}, options = {}) {
    super();
    this.url = new URL(url, globalThis.location?.href).href.replace(/^ws/, "http").replace(/#.*/, "");
    if (!/^http/.test(this.url)) throw new DOMException(this.url, "SyntaxError");
    const isList = typeof protocols === "string" || Array.isArray(protocols);
    this.#driver = drive(this, isList ? { ...options, protocols } : protocols);
  }

  /** Bytes of messages that the server's application has not taken yet, or that came after the end. @returns {number} */
  get bufferedAmount() {
    return this.#driver.core.log.bytes + this.#ignored;
  }

  /** What is known of each transport, and from what. @returns {Record<Transport, Verdict>} */
  get verdicts() {
    return /** @type {any} */ (Object.fromEntries(TRANSPORTS.map((one) => [one, this.#driver.verdicts.get(one)])));
  }

  /** Numbers for tools. */
  get stats() {
    return this.#driver.core.stats();
  }

  /**
   * Sends a message. It is kept until the server's application has taken it.
   *
   * @param {string | ArrayBuffer | ArrayBufferView | Blob} data
   * @throws {SendError} the message is too long, or there is no room for it
   */
  send(data) {
    const { queue, send } = this.#driver;
    if (!this.readyState && !queue) throw new DOMException("not open", "InvalidStateError");
    const part = weigh(data);
    if (this.readyState > 1) this.#ignored += part.weight;
    else send(part);
  }

  /** Ends the session in order: what was sent before still arrives. @type {(code?: number, reason?: string) => void} */
  close(code = 1000, reason = "") {
    const { act, core } = this.#driver;
    if (code !== 1000 && !(code > 2999 && code < 4500)) throw new DOMException("code", "InvalidAccessError");
    if (size(reason) > 123) throw new DOMException("reason", "SyntaxError");
    if (this.readyState > 1) return;
    this.readyState = 2;
    act(() => core.close(code, reason));
  }

  /** Moves the session to one transport and keeps it there; null gives the choice back. @param {Transport | null} transport */
  use(transport) {
    const { act, race } = this.#driver;
    act(() => race.use(transport));
  }
}

// A manager: one session that the sockets of several namespaces share, and a new one when it is lost.
//
// Moving between transports is the session's business. Only where the server has lost a session, or none could be opened,
// another one begins, after a back-off that spreads the clients. Everything that waits here is bounded by `queue`.

import { drive } from "../driver.js";
import { SendError } from "../errors.js";
import { TRANSPORTS } from "../race.js";
import { Emitter } from "./emitter.js";
import { createDecoder } from "./packet.js";
import { Socket } from "./socket.js";

/**
 * @typedef {import("../driver.js").Part} Part
 * @typedef {import("../session.js").Transport} Transport
 * @typedef {import("./socket.js").Auth} Auth
 *
 * @typedef {object} ManagerOptions
 * @property {string} [path] where the service is mounted; by default `/socket.io`
 * @property {string | Record<string, string>} [query] for the address
 * @property {Auth} [auth] what the server's middleware is shown, or a function that gives it
 * @property {boolean} [forceNew] a session of its own
 * @property {boolean} [multiplex] false: a session of its own
 * @property {boolean} [autoConnect] false: waits for `connect`
 * @property {string[]} [transports] of `websocket`, `polling`, `long_poll` and `periodic`
 * @property {number} [queue] bytes that may wait for the server
 * @property {number} [ackTimeout] for all acknowledgements, in milliseconds
 * @property {number | false} [timeout] after which an attempt has failed, in milliseconds; false: never
 * @property {boolean} [reconnection] false: a lost session is not followed by another
 * @property {number} [reconnectionAttempts]
 * @property {number} [reconnectionDelay] milliseconds, doubled with each attempt
 * @property {number} [reconnectionDelayMax] milliseconds
 * @property {number} [randomizationFactor] by how much of itself a delay is shortened at most
 *
 * @typedef {{ reason: string, retryAfter?: number }} Closed
 * @typedef {Omit<import("../index.js").Options, "transports"> & ManagerOptions} Options
 */

/** What may wait, in bytes. */
const QUEUE = 1 << 23;
/** Messages of a packet: its text, and what binary everybody in Socket.IO reads. */
const PARTS = 11;
/** How long to try, in milliseconds. */
const PATIENCE = 20_000;

export class Manager extends Emitter {
  uri;
  opts;
  /**
   * The session that carries the packets: it tells `state` and `transport` changes as a `Session` does.
   *
   * @type {EventTarget & { url: string, readyState: number, protocol?: string, transport: Transport | null, state?: string } | undefined}
   */
  engine;
  /** @type {any} */
  #driver;

  /** @type {Map<string, Socket>} */
  #sockets = new Map();
  #attempts = 0;
  #isWanted = false;
  /** @type {boolean | undefined} */
  #isOpen;
  /** Ends the wait for an open, or for the next attempt. @type {(() => void) | undefined} */
  #cancel;

  /** @param {string | URL} uri @param {Options} [opts] */
  constructor(uri, opts = {}) {
    super();
    this.uri = uri;
    this.opts = opts;
    if (opts.autoConnect !== false) this.open();
  }

  /** The socket of a namespace. @param {string} nsp @param {{ auth?: Auth }} [options] */
  socket(nsp, options) {
    const socket = this.#sockets.get(nsp) ?? new Socket(this, nsp, options);
    this.#sockets.set(nsp, socket);
    if (this.opts.autoConnect !== false) socket.connect();
    return socket;
  }

  /** Begins a session, where there is none. */
  open() {
    this.#isWanted = true;
    if (!this.engine) this.#begin();
    return this;
  }

  connect() {
    return this.open();
  }

  /** Ends the session, and with it all sockets. */
  close() {
    this.#isWanted = false;
    this.#attempts = 0;
    this.#over("forced close");
  }

  disconnect() {
    this.close();
  }

  // What the sockets ask for

  /** The socket wants to connect: now, or when the next session begins. @internal @param {Socket} socket */
  enter(socket) {
    if (this.engine) socket.greet();
    else if (!this.#cancel) this.open();
  }

  /** The last one that leaves ends the session. @internal */
  leave() {
    if (!this.#active().length) this.close();
  }

  /** @internal @param {string} nsp */
  knows(nsp) {
    return this.#sockets.has(nsp);
  }

  /**
   * Makes sure that all messages of a packet can be sent, since a part of one must not be; gives what they weigh. Unless
   * it is said what waits, only their length counts.
   *
   * @internal @type {(parts: Part[], waiting?: number) => number}
   */
  admit(parts, waiting = -Infinity) {
    const log = this.#driver?.core.log;
    const total = parts.reduce((sum, { weight }) => sum + weight, 0);
    if (parts.length > PARTS || parts.some(({ weight }) => weight > log?.limits.message))
      throw new SendError("message_too_large");
    if (total + waiting + (log?.bytes ?? 0) > (this.opts.queue ?? QUEUE)) throw new SendError("queue_full");
    return total;
  }

  /** @internal @param {Part[]} parts */
  write(parts) {
    parts.forEach(this.#driver.send);
  }

  /** Calls back, unless what it gives is called before. @internal @type {(ring: () => void, delay: number) => () => void} */
  later(ring, delay) {
    const { setTimeout = globalThis.setTimeout, clearTimeout = globalThis.clearTimeout } = this.opts;
    const timer = setTimeout(ring, delay);
    return () => clearTimeout(timer);
  }

  // The session

  #begin() {
    this.#stop();
    const { transports, path = "/socket.io", query, timeout = PATIENCE } = this.opts;
    const url = new URL(path, this.uri);
    if (query) url.search = /** @type {any} */ (new URLSearchParams(query));
    const engine = Object.assign(new EventTarget(), {
      url: url.href.replace(/^ws/, "http"),
      readyState: 0,
      transport: null,
    });
    this.engine = engine;
    this.#listen(engine);
    this.#driver = drive(engine, { ...this.opts, transports: ours(transports), queue: Infinity });
    if (timeout && this.engine) this.#cancel = this.later(() => this.#over("timeout", true), timeout);
    for (const socket of this.#active()) socket.greet();
  }

  /** A session that was given up is heard no more. @param {EventTarget} engine */
  #listen(engine) {
    const decode = createDecoder();
    /** @type {(type: string, heard: (event: any) => void) => void} */
    const on = (type, heard) =>
      engine.addEventListener(type, (event) => {
        if (this.engine === engine) heard(event);
      });
    on("open", () => {
      const attempts = this.#attempts;
      this.#stop();
      this.#isOpen = true;
      this.#attempts = 0;
      this.tell("open");
      if (attempts) this.tell("reconnect", attempts);
    });
    on("state", ({ detail }) => {
      if (detail === "waiting" && !this.#isOpen) this.#failed("transport error", this.#active());
    });
    on("message", ({ data }) => {
      let packet;
      try {
        packet = decode(data);
      } catch {
        return this.#over("parse error", true);
      }
      if (packet) this.#sockets.get(packet.nsp)?.arrive(packet);
    });
    on("close", (closed) => this.#over("transport close", closed.retry, closed));
  }

  /**
   * An attempt has not succeeded so far, or not at all; or a session is over that had not let everybody in.
   *
   * @type {(reason: string, sockets: Socket[], closed?: Closed, wasOpen?: boolean) => void}
   */
  #failed(reason, sockets, closed, wasOpen) {
    const error = new Error(closed?.reason || reason, { cause: closed });
    if (!wasOpen) this.tell("error", error);
    if (this.#attempts) this.tell("reconnect_error", error);
    for (const socket of sockets) if (!socket.id) socket.tell("connect_error", error);
  }

  /** @type {(reason: string, isRetried?: boolean, closed?: Closed) => void} */
  #over(reason, isRetried = false, closed) {
    const { engine } = this;
    const wasOpen = this.#isOpen;
    const sockets = this.#active();
    for (const socket of sockets) {
      socket.active = isRetried;
      socket.connected = false;
    }
    const driver = this.#driver;
    this.engine = this.#driver = this.#isOpen = undefined;
    this.#stop();
    if (engine && engine.readyState < 2) driver.act(() => driver.core.close(1000, reason));
    if (wasOpen) this.tell("close", reason, closed);
    if (this.#isWanted) this.#failed(reason, sockets, closed, wasOpen);
    for (const socket of sockets) socket.ended(reason, closed);
    if (isRetried) this.#retry(closed?.retryAfter);
  }

  /** With full jitter, unless the application wants less. */
  #retry(least = 0) {
    const {
      reconnection,
      reconnectionAttempts = Infinity,
      reconnectionDelay = 1000,
      reconnectionDelayMax = 5000,
      randomizationFactor = 1,
      random = Math.random,
    } = this.opts;
    // Somebody who heard of the loss may have made up their mind.
    if (reconnection === false || !this.#isWanted || this.engine) return;
    if (this.#attempts >= reconnectionAttempts) {
      this.#attempts = 0;
      return this.tell("reconnect_failed");
    }
    const delay = Math.min(reconnectionDelayMax, reconnectionDelay * 2 ** this.#attempts++);
    const ring = () => {
      this.tell("reconnect_attempt", this.#attempts);
      if (this.#cancel) this.open();
    };
    this.#cancel = this.later(ring, Math.max(least, delay * (1 - randomizationFactor * random())));
  }

  #stop() {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #active() {
    return [...this.#sockets.values()].filter(({ active }) => active);
  }
}

/** Socket.IO's polling is both of ours. @param {string[]} [wanted] */
const ours = (wanted) =>
  wanted && TRANSPORTS.filter((one) => wanted.includes(one) || (one !== "websocket" && wanted.includes("polling")));

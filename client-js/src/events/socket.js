// A socket: one namespace of a connection, with events and acknowledgements.
//
// What is sent in one session arrives once and in order, so nothing is sent again here. What is emitted while the socket
// is not connected waits, within a bound, and leaves before anything that is emitted after the connect.

import { weigh } from "../driver.js";
import { Emitter, without } from "./emitter.js";
import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, encode, RESERVED } from "./packet.js";

/**
 * @typedef {import("./emitter.js").Listener} Listener
 * @typedef {import("./packet.js").Packet} Packet
 * @typedef {(error: any, ...answer: any[]) => boolean} Acknowledge whether anybody heard of the error
 * @typedef {object | ((done: (auth: object) => void) => void)} Auth
 *
 * @typedef {object} Outgoing
 * @property {import("../driver.js").Part[]} parts
 * @property {number} weight
 * @property {any[]} data
 * @property {number} [id]
 */

export class Socket extends Emitter {
  /** Known while connected, and another one after each connect. @type {string | undefined} */
  id;
  connected = false;
  /** Always false: a session that moved was never away, and a new one does not begin where the last one ended. */
  recovered = false;
  /** Whether it is connected, or will be without another call of `connect`. */
  active = false;
  /** What carries it, with other namespaces. */
  io;
  nsp;
  /** What the server's middleware is shown at each connect, or a function that gives it. @type {Auth | undefined} */
  auth;

  /** @type {Listener[]} */
  #incoming = [];
  /** @type {Listener[]} */
  #outgoing = [];
  /** @type {{ volatile?: boolean, timeout?: number }} what was said of the next event */
  #flags = {};
  #ids = 0;
  /** @type {Map<number | undefined, Acknowledge>} */
  #acks = new Map();
  /** @type {Outgoing[]} */
  #waiting = [];
  #size = 0;
  /** The session in which the server was asked to let us in, and has not answered. @type {object | undefined} */
  #asked;

  /** @param {import("./manager.js").Manager} io @param {string} nsp @param {{ auth?: Auth }} [options] */
  constructor(io, nsp, { auth } = {}) {
    super();
    this.io = io;
    this.nsp = nsp;
    this.auth = auth;
  }

  get disconnected() {
    return !this.connected;
  }

  /** The next event is dropped while no transport carries the session. Otherwise it counts as any event. @returns {this} */
  get volatile() {
    this.#flags.volatile = true;
    return this;
  }

  /** The next event's acknowledgement gets an error first, also where it does not come in time. @param {number} timeout milliseconds */
  timeout(timeout) {
    this.#flags.timeout = timeout;
    return this;
  }

  /** Nothing: what is compressed is not the application's to say. @param {boolean} [_] */
  compress(_) {
    return this;
  }

  /** Connects, and again after each loss of the session. */
  connect() {
    this.active = true;
    if (!this.connected) this.io.enter(this);
    return this;
  }

  open() {
    return this.connect();
  }

  /** Leaves the namespace, for good. What was emitted before still arrives. */
  disconnect() {
    if (this.connected) this.#send(DISCONNECT);
    this.#leave();
    this.ended("io client disconnect");
    return this;
  }

  close() {
    return this.disconnect();
  }

  /**
   * Sends an event. A function as the last argument is called with the acknowledgement.
   *
   * @type {(name: string | number, ...args: any[]) => this}
   * @throws {import("../errors.js").SendError} it is too long, or there is no room for it; nothing was sent
   */
  emit(...data) {
    return this.#emit(data, data.at(-1) instanceof Function ? data.pop() : undefined);
  }

  /** Sends an event, and gives its acknowledgement. @type {(name: string | number, ...args: any[]) => Promise<any>} */
  emitWithAck(...data) {
    return new Promise((resolve, reject) => {
      this.#emit(data, (error, answer) => (error ? reject(error) : resolve(answer)), true);
    });
  }

  /** Sends the event `message`. @param {any[]} args */
  send(...args) {
    return this.emit("message", ...args);
  }

  /** Calls a listener for every event that arrives, before those of its name. @param {Listener} listener */
  onAny(listener) {
    this.#incoming.push(listener);
    return this;
  }

  /** As `onAny`, before the others. @param {Listener} listener */
  prependAny(listener) {
    this.#incoming.unshift(listener);
    return this;
  }

  /** Removes a listener for every event, or all of them. @param {Listener} [listener] */
  offAny(listener) {
    this.#incoming = without(this.#incoming, listener);
    return this;
  }

  listenersAny() {
    return this.#incoming;
  }

  /** Calls a listener for every event that is sent, when it is sent. @param {Listener} listener */
  onAnyOutgoing(listener) {
    this.#outgoing.push(listener);
    return this;
  }

  /** As `onAnyOutgoing`, before the others. @param {Listener} listener */
  prependAnyOutgoing(listener) {
    this.#outgoing.unshift(listener);
    return this;
  }

  /** Removes a listener for every event that is sent, or all of them. @param {Listener} [listener] */
  offAnyOutgoing(listener) {
    this.#outgoing = without(this.#outgoing, listener);
    return this;
  }

  listenersAnyOutgoing() {
    return this.#outgoing;
  }

  // What the manager tells

  /** There is a session, and the server has not been asked in it. @internal */
  async greet() {
    const { auth, io } = this;
    const { engine } = io;
    if (this.#asked === engine) return;
    this.#asked = engine;
    const shown = auth instanceof Function ? await new Promise(auth) : auth;
    // The session may have been lost meanwhile.
    if (io.engine === engine) this.#send(CONNECT, shown);
  }

  /** A packet of this namespace arrived. @internal @param {Packet} packet */
  arrive({ type, id, data }) {
    if (type === CONNECT) this.#joined(data);
    else if (type === CONNECT_ERROR) {
      this.#asked = undefined;
      this.#leave();
      this.tell("connect_error", Object.assign(new Error(data.message), { data: data.data }));
    } else if (!this.connected) return;
    else if (type === DISCONNECT) {
      this.#leave();
      this.ended("io server disconnect");
    } else if (type === ACK) this.#take(id)?.(null, ...data);
    else {
      if (id !== undefined) data.push(this.#answer(id));
      this.call(this.#incoming, data);
      this.tell(.../** @type {[string]} */ (data));
    }
  }

  /** The session is over, or the namespace was left. @internal @type {(reason: string, details?: object) => void} */
  ended(reason, details) {
    if (!this.id) return;
    this.connected = false;
    this.id = undefined;
    for (const id of [...this.#acks.keys()]) this.#take(id)?.(new Error("socket has been disconnected"));
    this.tell("disconnect", reason, details);
  }

  #leave() {
    this.active = false;
    this.io.leave();
  }

  /** What waited leaves before what is emitted from now on. @param {{ sid: string }} data */
  #joined({ sid }) {
    this.#asked = undefined;
    // Somebody changed their mind while the server was asked.
    if (!this.active) return this.#send(DISCONNECT);
    this.id = sid;
    this.connected = true;
    this.#size = 0;
    for (const packet of this.#waiting.splice(0)) this.#release(packet);
    this.tell("connect");
  }

  /** It has its room already; only now is it known how long a message may be. @param {Outgoing} packet */
  #release(packet) {
    try {
      this.io.admit(packet.parts);
      this.#transmit(packet);
    } catch (error) {
      // As if nobody had caught it where the event was emitted.
      if (!this.#take(packet.id)?.(error)) Promise.reject(error);
    }
  }

  /** @param {number | undefined} id */
  #take(id) {
    const ack = this.#acks.get(id);
    this.#acks.delete(id);
    return ack;
  }

  /** @type {(data: any[], ack?: Listener, withError?: boolean) => this} */
  #emit(data, ack, withError) {
    if (RESERVED.test(data[0])) throw new Error(`"${data[0]}" is a reserved event name`);
    const { volatile, timeout = this.io.opts.ackTimeout } = this.#flags;
    this.#flags = {};
    const id = ack && this.#ids++;
    const isKept = !volatile || (this.connected && this.io.engine?.transport);
    const packet = isKept && this.#pack(EVENT, data, id);
    if (ack) this.#await(id, ack, timeout, withError);
    if (packet && this.connected) this.#transmit(packet);
    else if (packet) {
      this.#waiting.push(packet);
      this.#size += packet.weight;
    }
    return this;
  }

  /** @type {(id: number | undefined, ack: Listener, timeout?: number, withError?: boolean) => void} */
  #await(id, ack, timeout, withError = timeout !== undefined) {
    const ring = () => {
      this.#waiting = this.#waiting.filter((packet) => packet.id !== id);
      this.#size = this.#waiting.reduce((sum, { weight }) => sum + weight, 0);
      this.#take(id)?.(new Error("operation has timed out"));
    };
    const cancel = timeout !== undefined && this.io.later(ring, timeout);
    this.#acks.set(id, (error, ...answer) => {
      if (cancel) cancel();
      if (withError) answer.unshift(error);
      if (withError || !error) this.call([ack], answer);
      return withError;
    });
  }

  /** What a listener calls to acknowledge an event: once, and before another connect. @param {number} id */
  #answer(id) {
    let sid = this.id;
    return (/** @type {any[]} */ ...args) => {
      if (this.connected && sid === this.id) this.#send(ACK, args, id);
      sid = undefined;
    };
  }

  /** @type {(type: number, data?: any, id?: number) => Outgoing} */
  #pack(type, data, id) {
    const parts = encode({ type, nsp: this.nsp, id, data }).map(weigh);
    // To come and to go needs no room.
    return { parts, weight: this.io.admit(parts, type > DISCONNECT ? this.#size : undefined), data, id };
  }

  /** @type {(type: number, data?: any, id?: number) => void} */
  #send(type, data, id) {
    this.io.write(this.#pack(type, data, id).parts);
  }

  /** @param {Outgoing} packet */
  #transmit({ parts, data }) {
    this.call(this.#outgoing, data);
    this.io.write(parts);
  }
}

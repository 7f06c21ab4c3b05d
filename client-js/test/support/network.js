// The network between a session under test and the naive server: what a browser offers, faked, with
// faults that a test switches on.

import { decodeBatch, decodeMessage, encodeBatch, encodeMessage } from "./frames.js";

/** Every fault of a network, as it is where nothing is wrong. */
const WORKS = {
  /** Milliseconds one way. */
  latency: 5,
  /** WebSocket: works, refused, hung (neither opens nor fails), muted (opens, then silence), deafened (downlink mute). */
  websocket: "works",
  /** HTTP: works, refused, hung, portal (a page of someone else), redirect, truncated, or loses every `answer`. */
  http: "works",
  /** What befalls one form of requests, or a function that says so by the body, where the other fares as above. */
  post: undefined,
  text: undefined,
  /** Longest time that a request may take, and that a WebSocket may be idle. */
  cutAfter: Infinity,
  cutIdle: Infinity,
  /** A function that says for each thing on the way what befalls it. */
  befalls: () => undefined,
};

export class Network {
  sockets = new Set();
  requests = [];
  handshakes = 0;
  #exchanges = new Set();

  constructor(world, server, faults = {}) {
    this.world = world;
    this.server = server;
    Object.assign(this, WORKS, faults);
    const network = this;
    this.WebSocket = class extends Socket {
      constructor(url) {
        super(network, url);
      }
    };
  }

  /** Where hints like `online` are heard. */
  page = new EventTarget();

  /** The options that put a session into this world. */
  get options() {
    const { WebSocket, fetch, world, page } = this;
    const { now, date, setTimeout, clearTimeout, random } = world;
    return {
      WebSocket,
      fetch,
      now,
      date,
      setTimeout,
      clearTimeout,
      random,
      page,
      storage: memory(),
    };
  }

  later(run) {
    this.world.setTimeout(run, this.latency);
  }

  /** Every connection and every request breaks. */
  cut() {
    for (const socket of [...this.sockets]) socket.fail();
    for (const exchange of [...this.#exchanges]) exchange.fail();
  }

  fetch = (url, { body: bytes, signal, keepalive, ...init }) => {
    const text = init.headers?.throughline;
    const body = bytes ?? Buffer.from(text, "base64");
    const number = this.requests.push({ url, body, keepalive, ...init });
    return new Promise((resolve, reject) => {
      const exchange = {
        fail: () => {
          this.#exchanges.delete(exchange);
          signal?.removeEventListener("abort", exchange.fail);
          reject(new TypeError("Failed to fetch"));
        },
      };
      this.#exchanges.add(exchange);
      signal?.addEventListener("abort", exchange.fail);
      if (this.cutAfter < Infinity) this.world.setTimeout(exchange.fail, this.cutAfter);
      const answer = (response) => {
        signal?.removeEventListener("abort", exchange.fail);
        if (this.#exchanges.delete(exchange)) resolve(response);
      };
      this.later(() => this.#arrive(body, number, answer, exchange, text !== undefined));
    });
  };

  #arrive(body, number, answer, exchange, isText) {
    const befell = this.befalls("request", number);
    const fault = isText ? this.text : this.post;
    const how = (fault instanceof Function ? fault(body) : fault) ?? befell ?? this.http;
    if (how === "hung") return;
    if (how === "refused") return exchange.fail();
    if (how === "portal") return answer(reply(new TextEncoder().encode("<!doctype html>"), undefined, "text/html"));
    if (how === "block page") return answer({ ...reply(new Uint8Array(), "", "text/html"), status: 403 });
    if (how === "redirect") return answer({ ...reply(new Uint8Array()), status: 0, type: "opaqueredirect" });
    if (how === "unavailable") return answer({ ...reply(new Uint8Array()), status: 503 });
    if (how === "elsewhere")
      return this.later(() => answer(reply(ELSEWHERE, Buffer.from(ELSEWHERE).toString("base64"))));
    const frames = decodeBatch(body);
    if (how === "repeated") this.server.request(frames, () => {});
    this.server.request(frames, (answered) => {
      const bytes = encodeBatch(answered);
      this.later(() => {
        if (how === "answer lost") return exchange.fail();
        const arrived = how === "truncated" ? bytes.slice(0, -1) : bytes;
        answer(reply(arrived, isText ? Buffer.from(arrived).toString("base64") : undefined));
      });
    });
  }
}

/** What a node says that is not the session's. */
const ELSEWHERE = encodeBatch([{ kind: "refuse", json: { code: 4504, reason: "" } }]);

/** An answer, to whoever reads it as bytes or as text. */
const reply = (bytes, text, type = "application/octet-stream") => ({
  status: 200,
  type: "basic",
  headers: new Headers({ "content-type": type }),
  arrayBuffer: async () => bytes.slice().buffer,
  text: async () => text ?? Buffer.from(bytes).toString(),
});

class Socket {
  onopen = null;
  onmessage = null;
  onclose = null;
  binaryType = "blob";
  #network;
  #connection;
  #idle;
  #isOpen = false;
  #isBroken = false;

  constructor(network, url) {
    this.#network = network;
    this.url = url;
    const number = ++network.handshakes;
    if (network.websocket === "throws") throw new Error("SecurityError");
    network.sockets.add(this);
    if (network.websocket === "hung") return;
    network.later(() =>
      network.later(() => {
        const how = network.befalls("handshake", number) ?? network.websocket;
        if (how === "refused") return this.fail();
        this.#open(how);
      }),
    );
  }

  #open(how) {
    const { later, server } = this.#network;
    this.how = how;
    this.#isOpen = true;
    const whenOpen = (run) => later.call(this.#network, () => this.#isOpen && run());
    this.#connection = server.accept({
      send: (frame) => how !== "deafened" && whenOpen(() => this.#deliver(frame)),
      close: () => whenOpen(() => this.fail()),
    });
    this.onopen?.({});
  }

  #deliver(frame) {
    const befell = this.#network.befalls("down", frame);
    if (befell === "lost") return;
    if (befell === "cut") return this.fail();
    const data = encodeMessage(frame);
    this.#stir();
    this.onmessage?.({ data: typeof data === "string" ? data : data.slice().buffer });
  }

  send(data) {
    if (!this.#isOpen || this.how === "muted") return;
    this.#stir();
    this.#network.later(() => {
      if (this.#isBroken) return;
      const frame = decodeMessage(data);
      const befell = this.#network.befalls("up", frame);
      if (befell === "cut") this.fail();
      else if (befell !== "lost") this.#connection.receive(frame);
    });
  }

  #stir() {
    const { world, cutIdle } = this.#network;
    world.clearTimeout(this.#idle);
    if (cutIdle < Infinity) this.#idle = world.setTimeout(() => this.fail(), cutIdle);
  }

  /** What was sent before still arrives. */
  close() {
    this.#isOpen = false;
    this.#network.sockets.delete(this);
    this.#network.later(() => this.#connection?.lost());
  }

  /** The connection breaks. */
  fail() {
    if (!this.#network.sockets.has(this)) return;
    this.#isBroken = true;
    this.close();
    this.onclose?.({ code: 1006 });
  }
}

/** A storage that lasts as long as the test. */
export function memory(items = new Map()) {
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value), items };
}

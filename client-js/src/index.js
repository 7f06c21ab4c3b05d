// The public face: a session in the shape of the standard WebSocket.
//
// It joins the parts and decides nothing of the protocol: what happens goes to the core, what the core
// wants done goes to the carriers and to the application, and the race says which transport to try.

import { SendError } from "./errors.js";
import { createRace } from "./race.js";
import { createCore, isRetry, WELCOMED } from "./session.js";
import { createAlarm } from "./timer.js";
import { http } from "./transports/http.js";
import { websocket } from "./transports/websocket.js";
import { createVerdicts } from "./verdicts.js";
import { size } from "./wire.js";

export { SendError };

/**
 * @typedef {import("./session.js").Transport} Transport
 * @typedef {import("./session.js").Link} Link
 * @typedef {import("./session.js").Fate} Fate
 * @typedef {import("./verdicts.js").Verdict} Verdict
 *
 * @typedef {object} Options
 * @property {string | string[]} [protocols] application protocols to offer
 * @property {string | (() => string | Promise<string>)} [token] for the server's authentication hook; a function is asked again before the token expires
 * @property {AbortSignal} [signal] ends the session at once
 * @property {number} [queue] bytes that `send` may queue before the first open, and beyond the server's window; without it `send` throws before the first open
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

/** @type {Transport[]} */
const TRANSPORTS = ["websocket", "long_poll", "periodic"];
const EVENTS = ["open", "message", "error", "close", "state", "transport", "resume"];
/** A token is asked for again when three quarters of its time are over, and soon when it was not accepted. */
const SHARE = 0.75;
const SOON = 10_000;

const environment = () => {
  const { WebSocket, fetch, setTimeout, clearTimeout } = globalThis;
  const now = () => performance.now();
  const common = {
    WebSocket,
    fetch,
    setTimeout,
    clearTimeout,
    now,
    date: Date.now,
    random: Math.random,
    page: globalThis,
  };
  try {
    return { ...common, storage: globalThis.localStorage };
  } catch {
    // A page may forbid even to look at its storage.
    return common;
  }
};

export class Session extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  CONNECTING = 0;
  OPEN = 1;
  CLOSING = 2;
  CLOSED = 3;

  url;
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

  #env;
  #order;
  #core;
  #race;
  #verdicts;
  #alarm;
  /** @type {Map<Link, import("./transports/websocket.js").Carrier>} */
  #carriers = new Map();
  #isSettling = false;
  #isAsking = false;
  #refreshAt;
  #progress = 0;
  #ignored = 0;
  #why = "first";
  #lostAt = 0;
  #ended = new AbortController();
  #counts = { bytesUp: 0, bytesDown: 0, requests: 0, links: 0 };

  /**
   * @param {string | URL} url where the server is mounted: http(s) or ws(s), absolute or relative
   * @param {string | string[] | Options} [protocols]
   * @param {Options} [options]
   */
  constructor(url, protocols = {}, options = {}) {
    super();
    /** @type {Options} */
    const given = typeof protocols === "string" || Array.isArray(protocols) ? { ...options, protocols } : protocols;
    /** @type {Required<Options>} */
    const env = /** @type {any} */ ({ ...environment(), ...given });
    const { page, signal, token, random } = env;
    const { origin, href } = new URL(url, globalThis.location?.href);
    this.url = href.replace(/^ws/, "http");
    if (!/^http/.test(this.url)) throw new DOMException(href, "SyntaxError");
    this.#env = env;
    this.#verdicts = createVerdicts({ ...env, key: `throughline ${origin} ${page.navigator?.connection?.type}` });
    this.#order = (env.transports ?? TRANSPORTS).filter((one) => env.WebSocket || one !== "websocket");
    this.#race = createRace({ order: this.#order, verdicts: this.#verdicts, random });
    this.#race.wait(env.now());
    this.#core = createCore({ ...env, protocols: env.protocols ? [env.protocols].flat() : undefined });
    this.#core.hold = this.#verdicts.get("long_poll").hold ?? Infinity;
    this.#refreshAt = typeof token === "function" ? 0 : Infinity;
    if (this.#refreshAt) this.#core.token = /** @type {string} */ (token);
    this.#alarm = createAlarm(env, (hasJumped) => this.#act(hasJumped && this.#wake));
    for (const type of EVENTS) this.addEventListener(type, (event) => /** @type {any} */ (this)[`on${type}`]?.(event));
    this.#listen(page);
    signal?.addEventListener("abort", () => this.#act(() => this.#core.abort(4710)));
    this.#act(signal?.aborted && (() => this.#core.abort(4710)));
  }

  /** Bytes of messages that the server's application has not taken yet, or that came after the end. */
  get bufferedAmount() {
    return this.#core.log.bytes + this.#ignored;
  }

  /** What is known of each transport, and from what. @returns {Record<Transport, Verdict>} */
  get verdicts() {
    const websocket = this.#env.WebSocket
      ? this.#verdicts.get("websocket")
      : { verdict: /** @type {const} */ ("absent") };
    return { websocket, long_poll: this.#verdicts.get("long_poll"), periodic: this.#verdicts.get("periodic") };
  }

  /** Numbers for tools. */
  get stats() {
    const { log, received, generation, rtt } = this.#core;
    return { ...this.#counts, rtt, generation, up: { ...log }, down: { received } };
  }

  /**
   * Sends a message. It is kept until the server's application has taken it.
   *
   * @param {string | ArrayBuffer | ArrayBufferView | Blob} data
   * @throws {SendError} the message is too long, or there is no room for it
   */
  send(data) {
    if (!this.readyState && !this.#env.queue) throw new DOMException("not open", "InvalidStateError");
    /** @type {any} */
    const given = data;
    const isBlob = given instanceof Blob;
    const isBytes = given.byteLength >= 0;
    // A copy, since the caller may go on with its own.
    const bytes = isBytes && new Uint8Array(given.buffer ?? given, given.byteOffset, given.byteLength).slice();
    const text = isBlob || isBytes ? undefined : `${given}`;
    const length = isBlob ? given.size : bytes ? bytes.length : size(`${text}`);
    if (this.readyState > 1) {
      this.#ignored += length;
      return;
    }
    this.#act(() => {
      const item = this.#core.send(text === undefined ? "binary" : "text", text ?? (bytes || undefined), length);
      if (isBlob) this.#fill(item, given);
    });
  }

  /** Ends the session in order: what was sent before still arrives. @type {(code?: number, reason?: string) => void} */
  close(code = 1000, reason = "") {
    if (code !== 1000 && !(code > 2999 && code < 4500)) throw new DOMException("code", "InvalidAccessError");
    if (size(reason) > 123) throw new DOMException("reason", "SyntaxError");
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.#act(() => this.#core.close(code, reason));
  }

  /** Moves the session to one transport and keeps it there; null gives the choice back. @param {Transport | null} transport */
  use(transport) {
    this.#race.order = transport ? [transport] : this.#order;
    this.#race.wait(this.#env.now());
    this.#act();
  }

  /** Drops the current link as a network would. */
  cut() {
    this.#act(() => this.#core.current && this.#core.drop(this.#core.current, "cut off"));
  }

  /** Asks the server for a sign of life within 2 s, and measures the round trip. */
  probe() {
    this.#act(this.#core.probe);
  }

  /** Tells the core something at this time; what follows from it is done when the caller is done. @param {(() => any) | false} [step] */
  #act(step) {
    this.#core.tick(this.#env.now());
    if (step) step();
    if (this.#isSettling) return;
    this.#isSettling = true;
    queueMicrotask(this.#settle);
  }

  #settle = () => {
    const core = this.#core;
    const race = this.#race;
    const now = this.#env.now();
    this.#isSettling = false;
    core.pump();
    for (let output = core.poll(); output; output = core.poll()) {
      const [type, ...values] = output;
      /** @type {any} */ (this.#does)[type](...values);
    }
    if (this.readyState > 2) return this.#alarm();
    const progress = core.received + core.log.received;
    if (progress > this.#progress) race.progress();
    this.#progress = progress;
    if (now > this.#refreshAt) this.#ask();
    const { current } = core;
    const plan = race.plan(
      now,
      current?.transport,
      [...this.#carriers.keys()].map((link) => link.transport),
    );
    if (current || !this.#isAsking) plan.tries.forEach(this.#connect);
    this.#tell(current ? "live" : this.#carriers.size ? "connecting" : "waiting");
    this.#alarm(Math.min(core.deadline, plan.at, this.#refreshAt));
  };

  /** Events for what has changed. @param {Session["state"]} state */
  #tell(state) {
    const from = this.transport;
    const to = this.#core.current?.transport ?? null;
    this.transport = to;
    if (from !== to) this.#emit("transport", { detail: { from, to, why: this.#why } });
    this.#why = "better";
    if (this.readyState === 2) state = "closing";
    if (this.state === state) return;
    this.state = state;
    this.#emit("state", { detail: state });
  }

  /** @param {Transport} transport */
  #connect = (transport) => {
    const core = this.#core;
    const link = core.connect(transport);
    /** @type {import("./transports/websocket.js").Events} */
    const events = {
      opened: () => this.#act(() => core.opened(link)),
      received: (data, asked) => {
        this.#counts.bytesDown += data.length;
        this.#act(() => core.receive(link, data, asked));
      },
      lost: (why, asked) => this.#act(() => core.lost(link, why, asked)),
    };
    this.#counts.links++;
    try {
      const isStream = transport === "websocket";
      const url = this.url.replace(/\/?(\?[^#]*)?(#.*)?$/, isStream ? "/websocket$1" : "/poll$1");
      this.#carriers.set(link, (isStream ? websocket : http)(/** @type {any} */ (this.#env), url, events));
    } catch (why) {
      events.lost(`${why}`);
    }
  };

  /** What is done about each output of the core. */
  #does = {
    /** @type {(link: Link, data: any) => void} */
    transmit: (link, data) => this.#send(link, data),
    /** @type {(link: Link, asked: any, data: any) => void} */
    request: (link, asked, data) => {
      this.#counts.requests++;
      this.#send(link, data, asked);
    },
    /** @type {(link: Link, welcome: import("./wire.js").Welcome) => void} */
    welcomed: (link, { protocol = "", expires_in }) => {
      if (!this.#race.wants(link.transport, this.#core.current?.transport)) return this.#core.drop(link, "unwanted");
      this.#expires(expires_in);
      this.#core.begin(link);
      if (this.readyState) return;
      this.readyState = 1;
      this.protocol = protocol;
      this.#emit("open");
    },
    /** @param {Link} link */
    live: ({ transport }) => {
      this.#race.won(transport);
      this.#verdicts.set(transport, "works", "", this.#core.hold);
      if (this.#lostAt)
        this.#emit("resume", { detail: { outcome: "resumed", transport, away: this.#env.now() - this.#lostAt } });
      this.#lostAt = 0;
    },
    /** @type {(link: Link, why: string, retryAfter?: number) => void} */
    dropped: (link, why, retryAfter = 0) => {
      const { transport, state, born } = link;
      const now = this.#env.now();
      this.#carriers.get(link)?.close();
      this.#carriers.delete(link);
      const { current } = this.#core;
      if (state < WELCOMED) this.#race.failed(transport, why, current?.transport);
      else if (!current) {
        this.#lostAt ||= now;
        this.#why = why;
        this.#race.lost(now, transport, why, now - born);
      }
      if (retryAfter) this.#race.wait(now + retryAfter);
    },
    /** @param {import("./session.js").Data} data */
    message: (data) => {
      const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (data);
      const shown = typeof data === "string" ? data : this.binaryType === "blob" ? new Blob([bytes]) : bytes.buffer;
      this.dispatchEvent(new MessageEvent("message", { data: shown }));
    },
    /** @param {number} [expiresIn] */
    token: (expiresIn) => this.#expires(expiresIn),
    /** @type {(why: import("./wire.js").Abort, wasClean: boolean, fates: Fate[]) => void} */
    closed: ({ code, reason = "", retry_after: retryAfter }, wasClean, fates) => {
      this.readyState = 3;
      this.#ended.abort();
      this.#tell("closed");
      if (!wasClean) this.#emit("error");
      this.#emit("close", { code, reason, wasClean, retry: isRetry(code), retryAfter, fates });
    },
  };

  /** @type {(link: Link, data: any, asked?: any) => void} */
  #send(link, data, asked) {
    this.#counts.bytesUp += data.length;
    this.#carriers.get(link)?.send(data, asked);
  }

  /** @type {(item: import("./log.js").Item, blob: Blob) => Promise<void>} its place is kept while it is read */
  async #fill(item, blob) {
    try {
      item.data = new Uint8Array(await blob.arrayBuffer());
      this.#act();
    } catch {
      this.#act(() => this.#core.abort(4710));
    }
  }

  /** @type {(type: string, properties?: object) => void} */
  #emit(type, properties) {
    this.dispatchEvent(Object.assign(new Event(type), properties));
  }

  /** @param {number} [expiresIn] */
  #expires(expiresIn = Infinity) {
    if (typeof this.#env.token === "function") this.#refreshAt = this.#env.now() + expiresIn * SHARE;
  }

  async #ask() {
    this.#isAsking = true;
    this.#refreshAt = Infinity;
    try {
      const token = await /** @type {any} */ (this.#env.token)();
      this.#refreshAt = this.#env.now() + SOON;
      this.#act(() => this.#core.refresh(token));
    } catch {
      this.#act(() => this.#core.abort(4507));
    }
    this.#isAsking = false;
  }

  /** Something about the network may have changed. */
  #wake = () => {
    this.#core.probe();
    this.#race.wait(this.#env.now());
  };

  /** @param {any} page */
  #listen(page) {
    /** @type {(target: any, type: string, heard: (event: any) => void) => void} */
    const on = (target, type, heard) =>
      target?.addEventListener?.(type, (/** @type {any} */ event) => this.#act(() => heard(event)), {
        signal: this.#ended.signal,
      });
    on(page, "online", this.#wake);
    on(page, "pageshow", this.#wake);
    on(page.document, "visibilitychange", this.#wake);
    on(page.navigator?.connection, "change", this.#wake);
    on(page, "pagehide", ({ persisted }) => {
      if (persisted) this.#core.detach();
      else this.#core.leave();
      this.#settle();
    });
  }
}

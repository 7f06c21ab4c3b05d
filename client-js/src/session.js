// The client's side of a session, from the protocol alone (spec §6 to §12).
//
// No I/O, no timers, no clock, no choice of transport: time and bytes are arguments. Say what time it is
// with `tick`, which lets deadlines pass, then what happened; then drain `poll()`, and tick again at
// `deadline`. The same calls always give the same outputs. Several links may be tried at a time, while
// a better one proves itself; one of them carries the session.

import { Log } from "./log.js";
import { fromBatch, fromMessage, size, toBatch, toMessage } from "./wire.js";

/**
 * @typedef {import("./wire.js").Frame} Frame
 * @typedef {import("./wire.js").Welcome} Welcome
 * @typedef {import("./wire.js").Abort} Abort
 * @typedef {import("./wire.js").Cursors} Cursors
 * @typedef {string | Uint8Array<ArrayBuffer>} Data
 * @typedef {"websocket" | "long_poll" | "periodic"} Transport
 * @typedef {{ seq: number, data: Data | undefined, fate: import("./log.js").Fate }} Fate
 *
 * @typedef {object} Asked a request in flight
 * @property {"hello" | "poll" | "up" | "last"} kind `last`: nobody waits for its answer, and it outlives the link
 * @property {number} at
 * @property {number} number
 * @property {number} hold
 *
 * @typedef {object} Link
 * @property {Transport} transport
 * @property {number} state one of the states below
 * @property {number} born
 * @property {string} [named] the session that its hello named
 * @property {number} generation
 * @property {number} next stream: the number of the next frame to send
 * @property {number} expected stream: the number of the next frame to come
 * @property {Set<Asked>} asked polling: what is in flight
 * @property {number} count the last number given to a request
 * @property {number} number of the poll whose answer is still wanted; 0: the next one is new
 * @property {boolean} isEager the next poll is not to be held: we want to know soon
 * @property {number} failures answers lost in a row
 * @property {number} pace
 * @property {number} asking when a hello or a probe left
 *
 * @typedef {["transmit", Link, Data] | ["request", Link, Asked, Uint8Array<ArrayBuffer>]
 *   | ["welcomed", Link, Welcome] | ["live", Link] | ["dropped", Link, string, number?]
 *   | ["message", Data] | ["token", number?] | ["closed", Abort, boolean, Fate[]]} Output
 *   What is to be done. `dropped` says why, and when to try again; `closed` whether it was clean, and all fates.
 */

/** The states of a link. From `WELCOMED` on the path is proved, from `LIVE` on both sides have begun. */
export const CONNECTING = 0;
export const GREETED = 1;
export const WELCOMED = 2;
export const BEGUN = 3;
export const LIVE = 4;

/** Waits for which the server names no time. */
const PROOF = 10_000;
const AGAIN = 1000;
const PROBE = 2000;
const CLOSING = 30_000;
const ACK = 50;
/** A hold that is cut after T is shortened to four fifths of T; below this T, holding is not worth it. */
const WORTHWHILE = 4900;
/** The pace of periodic polling while there is traffic and without; and what it promises as `next`. */
const QUICK = 250;
const SLOW = 5000;
const PROMISE = 60_000;
/** More lost answers than this in a row fail the link. */
const PATIENCE = 3;
/** What the last request of a page may weigh. */
const FAREWELL = 1000;

/** @param {{ protocols?: string[], window?: number, queue?: number, random: () => number }} options */
export const createCore = ({ protocols, window, queue = 0, random }) => {
  const log = new Log(queue);
  /** @type {Set<Link>} */
  const links = new Set();
  /** @type {Output[]} */
  const outputs = [];
  /** @type {{ link?: Link, name: string, at: number, ring: () => void }[]} every wait has its deadline here */
  let timers = [];
  /** @type {Link | undefined} the link that carries the session */
  let current;
  /** @type {string | undefined} */
  let id;
  /** @type {string | undefined} */
  let secret;
  let now = 0;
  let nonce = 0;
  let unreported = 0;
  let most = Infinity;
  let isClosing = false;
  let isClosed = false;

  /** @param {Output} output */
  const emit = (...output) => {
    outputs.push(output);
  };

  /** @type {(link?: Link, name?: string) => void} */
  const clear = (link, name) => {
    timers = timers.filter((timer) => timer.link !== link || (name && timer.name !== name));
  };

  /** @type {(link: Link | undefined, name: string, delay: number, ring: () => void) => void} */
  const wait = (link, name, delay, ring) => {
    clear(link, name);
    timers.push({ link, name, at: now + delay, ring });
  };

  /** @type {(link: Link, name: string) => boolean} */
  const isWaiting = (link, name) => timers.some((timer) => timer.link === link && timer.name === name);

  /** @type {(link: Link, name: string, delay: number, why: string) => void} a deadline that fails the link */
  const limit = (link, name, delay, why) => wait(link, name, delay, () => drop(link, why));

  /** @param {Link} link */
  const isStream = (link) => link.transport === "websocket";

  const cursors = () => {
    unreported = 0;
    return { received: core.received, ack: core.received };
  };

  /** @type {(link: Link, why: string, retryAfter?: number) => void} */
  const drop = (link, why, retryAfter) => {
    if (!links.delete(link)) return;
    clear(link);
    if (current === link) current = undefined;
    emit("dropped", link, why, retryAfter);
  };

  /** @type {(why: Abort, isClean?: boolean, last?: { received?: number, ack?: number }) => void} `last`: the peer's final cursors */
  const end = (why, isClean = false, last = {}) => {
    if (isClosed) return;
    isClosed = true;
    for (const link of links) drop(link, "closed");
    timers = [];
    emit("closed", why, isClean, log.fates(last));
  };

  // Attaching

  /** @param {Link} link */
  const greet = (link) => {
    link.state = GREETED;
    link.named = id;
    link.asking = now;
    /** @type {Frame} */
    const hello = { kind: "hello", json: { v: 1, session: id, secret, token: core.token, protocols, window } };
    if (!isStream(link)) return request(link, "hello", [hello]);
    transmit(link, hello);
    wait(link, "again", AGAIN, () => greet(link));
  };

  /** @type {(link: Link, welcome: Welcome) => void} */
  const welcomed = (link, welcome) => {
    if (link.state !== GREETED) return;
    // Another link has begun a session, or a later generation, while this one was on its way (ATT-14).
    if (id && (!link.named || welcome.generation <= core.generation)) return greet(link);
    if (id ? id !== welcome.session : !welcome.secret) return drop(link, "malformed");
    if (!id) {
      id = welcome.session;
      secret = welcome.secret;
      log.limits = welcome.limits;
    }
    if (!acknowledge(welcome)) return;
    link.state = WELCOMED;
    link.generation = welcome.generation;
    clear(link, "again");
    core.rtt = now - link.asking;
    emit("welcomed", link, welcome);
  };

  /** @param {Link} link */
  const confirm = (link) => {
    if (link.state === LIVE) return;
    link.state = LIVE;
    clear(link, "proof");
    emit("live", link);
  };

  // What arrives

  /** @type {Record<string, (link: Link, frame: any) => void>} */
  const apply = {
    welcome: (link, { json }) => welcomed(link, json),
    // A final refusal is the end, unless we are in.
    refuse: (link, { json }) =>
      current || isRetry(json.code) ? drop(link, `refused ${json.code}`, json.retry_after) : end(json),
    abort: (link, { json }) => (link.named || link.generation ? end(json, false, json) : drop(link, "malformed")),
    // Only for the highest generation begun does it say that someone else took over (ATT-14).
    fenced: (link) => (link.generation === core.generation ? end({ code: 4704 }) : drop(link, "fenced")),
    stale: (link) => drop(link, "stale"),
    begin(link, frame) {
      if (link.state !== BEGUN || frame.generation !== link.generation || frame.first > core.received + 1) {
        return drop(link, "gap");
      }
      link.expected = frame.first;
      apply.answer(link, frame);
    },
    ack: (_, frame) => acknowledge(frame),
    answer: (link, frame) => acknowledge(frame) && confirm(link),
    ping: (link, { nonce }) => transmit(link, { kind: "pong", nonce }),
    pong(link) {
      core.rtt = now - link.asking;
    },
    token: (_, { json }) => emit("token", json.expires_in),
    text: (link, frame) => take(link, frame, size(frame.data)),
    binary: (link, frame) => take(link, frame, frame.data.length),
    close: (link, frame) => take(link, frame, 0),
  };

  /** @param {Cursors} frame */
  const acknowledge = (frame) => {
    if (!log.acknowledge(frame)) return core.abort(4702);
    if (isClosing) expectEnd();
    return true;
  };

  /** @type {(link: Link, frame: any, length: number) => void} number `received`+1, and nothing else (spec SEQ-2) */
  const take = (link, frame, length) => {
    if (isStream(link)) {
      if (link.state < LIVE || frame.seq !== link.expected % 32) return drop(link, "gap");
      frame.seq = link.expected++;
    }
    if (frame.seq !== core.received + 1) return;
    if (length > log.limits.message) return core.abort(4706);
    core.received = frame.seq;
    if (frame.json) {
      // The server's close is the end, once it knows that we have it (spec CLS-3).
      if (isStream(link)) report(link);
      else ask(link, "last", []);
      return end(frame.json, true, log);
    }
    emit("message", frame.data);
    if (!isStream(link)) return;
    unreported += length;
    // Any window is at least as large as the longest message, so this is no more than its quarter (SEQ-6).
    if (unreported * 4 > log.limits.message) report(link);
    else if (!isWaiting(link, "ack")) wait(link, "ack", ACK, () => report(link));
  };

  /** @param {Link} link */
  const report = (link) => {
    clear(link, "ack");
    transmit(link, { kind: "ack", ...cursors() });
  };

  const expectEnd = () => wait(undefined, "closing", CLOSING, () => end({ code: 1006 }));

  // A stream: frames one by one

  /** @type {(link: Link, frame: Frame) => void} */
  const transmit = (link, frame) => emit("transmit", link, toMessage(frame));

  /** @param {Link} link */
  const flow = (link) => {
    for (let item = log.get(link.next); item; item = log.get(link.next)) {
      transmit(link, /** @type {any} */ (item));
      log.sent = Math.max(log.sent, link.next++);
    }
  };

  /** @type {(link: Link, frame: Frame) => void} any byte is a sign of life (spec LIV-1, LIV-2) */
  const hear = (link, frame) => {
    clear(link, "probe");
    (apply[frame.kind] ?? malformed)(link, frame);
    if (current !== link || link.state < LIVE) return;
    limit(link, "dead", log.limits.heartbeat + log.limits.timeout, "silent");
    flow(link);
  };

  /** @param {Link} link */
  const malformed = (link) => drop(link, "malformed");

  // Polling: one poll that waits, and one batch on its way up

  /** @type {(link: Link, kind: Asked["kind"]) => boolean} */
  const isFree = (link, kind) => !isWaiting(link, kind) && [...link.asked].every((asked) => asked.kind !== kind);

  /** @param {Link} link */
  const exchange = (link) => {
    const frames = isFree(link, "up") ? batch(most) : [];
    if (frames.length) ask(link, "up", frames);
    if (isFree(link, "poll") && (link.transport === "long_poll" || !link.asked.size)) ask(link, "poll", []);
  };

  /** Frames for one batch: what follows the peer's cursor, as much as fits, but at least one. @param {number} room */
  const batch = (room) => {
    /** @type {any[]} */
    const frames = [];
    let left = Math.min(room, log.limits.batch) - 300;
    let seq = log.received;
    for (let item = log.get(++seq); item && (!frames.length || item.size < left); item = log.get(++seq)) {
      frames.push(item);
      left -= item.size + 9;
    }
    log.sent = Math.max(log.sent, seq - 1);
    return frames;
  };

  /** @type {(link: Link, kind: Asked["kind"], frames?: Frame[]) => void} */
  const ask = (link, kind, frames = []) => {
    const isHeld = link.transport === "long_poll";
    const longest = link.isEager ? 1 : Math.min(log.limits.hold, Math.floor(core.hold));
    const hold = isHeld ? longest : 0;
    const number = (kind === "poll" && link.number) || ++link.count;
    if (kind === "poll") link.number = number;
    /** @type {Frame} */
    const poll = {
      kind: "poll",
      session: /** @type {string} */ (id),
      secret: /** @type {string} */ (secret),
      generation: link.generation,
      number,
      ...cursors(),
      first: log.received + 1,
      hold,
      next: isHeld ? 0 : PROMISE,
      max_bytes: Math.floor(Math.min(most, log.limits.batch)),
    };
    request(link, kind, [poll, ...frames], number, kind === "poll" ? hold : 0);
  };

  /** @type {(link: Link, kind: Asked["kind"], frames: Frame[], number?: number, hold?: number) => void} */
  const request = (link, kind, frames, number = 0, hold = 0) => {
    const asked = { kind, at: now, number, hold };
    link.asked.add(asked);
    emit("request", link, asked, toBatch(frames));
    limit(link, `${kind} ${number}`, hold + (log.limits.timeout ?? PROOF), "hung");
  };

  /** A frame on a stream, or a poll that is answered at once; being new, it supersedes the one that is held. @type {(frame: Frame, isCarried?: boolean) => void} */
  const askNow = (frame, isCarried) => {
    if (!current) return;
    if (isStream(current)) return transmit(current, frame);
    current.isEager = true;
    current.number = 0;
    ask(current, "poll", isCarried ? [frame] : []);
  };

  /** @type {(link: Link, asked: Asked) => void} */
  const settle = (link, asked) => {
    link.asked.delete(asked);
    clear(link, `${asked.kind} ${asked.number}`);
  };

  /** @type {(link: Link, asked: Asked, frames: any[]) => void} */
  const answered = (link, asked, frames) => {
    const { kind, at, number, hold } = asked;
    // An answer to an older request came from a cache (spec POL-2).
    if (frames[0].number < number) return unanswered(link, asked, "cached");
    settle(link, asked);
    clear(link, "probe");
    link.failures = 0;
    if (number === link.number) link.number = 0;
    if (hold < 2) {
      core.rtt = now - at;
      link.isEager = false;
    }
    for (const frame of frames) if (links.has(link)) apply[frame.kind](link, frame);
    if (current !== link) return;
    most *= 1.1;
    if (hold > 1 && now - at >= hold) core.hold *= 1.05;
    link.pace = kind === "poll" && frames.length < 2 ? Math.min(SLOW, link.pace * 1.5) : QUICK;
    if (link.transport === "periodic") pause(link, "poll", link.pace);
    exchange(link);
  };

  /** @type {(link: Link, kind: Asked["kind"], delay: number) => void} */
  const pause = (link, kind, delay) => wait(link, kind, delay, core.pump);

  /** An answer was lost, or was not our server's (spec NET-1, NET-2). @type {(link: Link, asked: Asked, why: string) => void} */
  const unanswered = (link, asked, why) => {
    const { kind, at, hold } = asked;
    settle(link, asked);
    most = Math.max(1, Math.min(most, log.limits.batch) / 2);
    const passed = now - at;
    const isCut = hold > 1 && passed > AGAIN;
    if (isCut) core.hold = Math.min(core.hold, Math.max(passed, WORTHWHILE) * 0.8);
    if (kind === "hello" || ++link.failures > PATIENCE) drop(link, isCut ? "cut" : why);
    else pause(link, kind, random() * 100 * 2 ** link.failures);
  };

  const core = {
    log,
    /** @type {string | undefined} what the next hello shows to the authentication hook */
    token: undefined,
    /** How long the server may hold a poll; shorter where a proxy cuts. */
    hold: Infinity,
    /** The last round-trip time measured. */
    rtt: 0,
    /** The number of the last frame that arrived. */
    received: 0,
    /** The highest generation begun. */
    generation: 0,

    /** The next thing to do, until there is none. */
    poll: () => outputs.shift(),

    /** The link that carries the session. */
    get current() {
      return current;
    },

    /** When to call `tick`. */
    get deadline() {
      return Math.min(...timers.map(({ at }) => at));
    },

    /** It is `time` now: lets the deadlines pass that lie at or before it. @param {number} time */
    tick(time) {
      now = time;
      for (const timer of timers) {
        if (timer.at > now || !timers.includes(timer)) continue;
        clear(timer.link, timer.name);
        timer.ring();
      }
    },

    /** A link is attempted. @param {Transport} transport */
    connect(transport) {
      /** @type {Link} */
      const link = {
        transport,
        state: CONNECTING,
        born: now,
        generation: 0,
        next: 0,
        expected: 0,
        asked: new Set(),
        count: 0,
        number: 0,
        failures: 0,
        isEager: true,
        pace: QUICK,
        asking: now,
      };
      links.add(link);
      wait(link, "proof", PROOF, () => drop(link, link.state ? "muted" : "hung"));
      return link;
    },

    /** Bytes can travel: the client speaks first. @param {Link} link */
    opened(link) {
      if (links.has(link)) greet(link);
    },

    /** The link, or one exchange, broke. @type {(link: Link, why: string, asked?: Asked) => void} */
    lost(link, why, asked) {
      if (!asked) drop(link, why);
      else if (links.has(link)) unanswered(link, asked, why);
    },

    /** A WebSocket message arrived, or the answer to a request. @type {(link: Link, data: Data, asked?: Asked) => void} */
    receive(link, data, asked) {
      if (!links.has(link)) return;
      /** @type {Frame[]} */
      let frames;
      try {
        frames = asked ? fromBatch(/** @type {Uint8Array<ArrayBuffer>} */ (data)) : [fromMessage(data)];
      } catch {
        return core.lost(link, "malformed", asked);
      }
      if (asked) answered(link, asked, frames);
      else hear(link, frames[0]);
    },

    /** The choice falls on a link that was welcomed. @param {Link} link */
    begin(link) {
      if (!links.has(link) || link.state !== WELCOMED) return;
      const replaced = current;
      current = link;
      core.generation = link.generation;
      link.state = BEGUN;
      if (replaced) drop(replaced, "replaced");
      if (!log.fits) return end({ code: 4706 });
      limit(link, "proof", PROOF, "muted");
      link.next = log.received + 1;
      if (isStream(link))
        transmit(link, { kind: "begin", generation: link.generation, ...cursors(), first: link.next });
      core.pump();
    },

    /** Gives a link up. @type {(link: Link, why: string) => void} */
    drop,

    /**
     * A message of the application, for the next `pump`; throws where there is no room. Without data it
     * keeps its place until it has some.
     *
     * @type {(kind: "text" | "binary", data: Data | undefined, size: number) => import("./log.js").Item}
     */
    send: (kind, data, size) => log.add(kind, { data }, size),

    /** Sends what can be sent. Several messages before one `pump` share a batch. */
    pump() {
      if (current) (isStream(current) ? flow : exchange)(current);
    },

    /** No more from us, once everything was sent. @type {(code: number, reason?: string) => void} */
    close(code, reason) {
      if (!id) return end({ code: 1006 });
      if (isClosing) return;
      isClosing = true;
      log.add("close", { json: { code, reason } });
      expectEnd();
      core.pump();
    },

    /** The end, at once. @param {number} code */
    abort(code) {
      /** @type {Frame} */
      const abort = { kind: "abort", json: { code, ...cursors() } };
      if (current) isStream(current) ? transmit(current, abort) : ask(current, "last", [abort]);
      end({ code });
    },

    /** A fresh token, for now and for later hellos. The output `token` says that it was accepted. @param {string} token */
    refresh(token) {
      core.token = token;
      askNow({ kind: "token", json: { token } }, true);
    },

    /** Something may have changed: is the link alive? */
    probe() {
      if (!current || current.state < LIVE || isWaiting(current, "probe")) return;
      current.asking = now;
      limit(current, "probe", PROBE, "silent");
      askNow({ kind: "ping", nonce: ++nonce });
    },

    /** Gives up all links for a while; the session goes on. */
    detach() {
      if (current && isStream(current)) report(current);
      for (const link of links) drop(link, "detached");
    },

    /** The page goes for good: an orderly close where all fits one small request, else an abort. */
    leave() {
      core.close(1000);
      if (!current) return;
      if (isStream(current)) return flow(current);
      const frames = batch(FAREWELL);
      if (frames.at(-1)?.kind === "close") ask(current, "last", frames);
      else core.abort(4710);
    },
  };
  return core;
};

/** Whether a code says that a new session may work (spec §11). @param {number} code */
export const isRetry = (code) => code > 4499 && code < 4600;

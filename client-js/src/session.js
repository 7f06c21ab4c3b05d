// The client's side of a session, from the protocol alone (spec §6 to §12).
//
// No I/O, no timers, no clock, no choice of transport: time and bytes are arguments. Say what time it is
// with `tick`, which lets deadlines pass, then what happened, then `pump`; tick again at `deadline`. What
// is to be done is told to the host. The same calls always have the same effects. Several links may be
// tried at a time, while a better one proves itself; one of them carries the session.

import { Log } from "./log.js";
import {
  ABORT,
  ACK,
  ANSWER,
  BEGIN,
  BINARY,
  CLOSE,
  FENCED,
  fromBatch,
  fromMessage,
  HELLO,
  kindOf,
  PING,
  POLL,
  PONG,
  REFUSE,
  STALE,
  size,
  TEXT,
  TOKEN,
  toBatch,
  toMessage,
  WELCOME,
} from "./wire.js";

/**
 * @typedef {import("./wire.js").Frame} Frame
 * @typedef {import("./wire.js").Data} Data
 * @typedef {import("./wire.js").End} End
 * @typedef {import("./wire.js").Welcome} Welcome
 * @typedef {"websocket" | "long_poll" | "periodic"} Transport
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
 * @property {Record<string, number>} at every wait has its deadline here; what it means is in `rings`
 * @property {number} born
 * @property {number} asked when a hello or a probe left
 * @property {number} generation
 * @property {number} next stream: the number of the next frame to send
 * @property {number} expected stream: the number of the next frame to come
 * @property {number} count polling: the last number given to a request
 * @property {number} number polling: the last number given to a poll
 * @property {number} pace polling: the pause before the next poll, where there is no hold
 * @property {boolean} [isCalm] polling: we need not know soon, the next poll may be held
 * @property {import("./transports/websocket.js").Carrier} [carrier] kept here for the host
 *
 * @typedef {object} Host
 * @property {(link: Link, data: Data, asked?: Asked) => void} transmit
 * @property {(link: Link) => boolean} welcomed the link is proved: is it to carry the session?
 * @property {(link: Link) => void} live the server has begun it as well
 * @property {(link: Link, why: string, retryAfter?: number) => void} dropped
 * @property {(data: Data) => void} message
 * @property {(expiresIn?: number) => void} token was accepted
 * @property {(why: End, wasClean: boolean, fates: ReturnType<Log["fates"]>, links: Link[]) => void} closed
 */

/** The states of a link. From `WELCOMED` on the path is proved, in `LIVE` both sides have begun. */
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
const SOON = 50;
/** A hold that is cut after T is shortened to four fifths of T; below this T, holding is not worth it. */
const WORTHWHILE = 4900;
/** The pace of periodic polling while there is traffic and without; and what it promises as `next`. */
const QUICK = 250;
const SLOW = 5000;
const PROMISE = 60_000;
/** What the last request of a page may weigh, and what a batch weighs beside its messages. */
const FAREWELL = 1000;
const ENVELOPE = 300;

/** @type {(options: { protocols?: string[], window?: number, queue?: number }, host: Host) => Core} */
export const createCore = ({ protocols, window, queue = 0 }, host) => {
  const log = new Log(queue);
  /** @type {Set<Link>} */
  const links = new Set();
  /** @type {Link | undefined} the link that carries the session */
  let current;
  /** @type {string | undefined} */
  let id;
  /** @type {string | undefined} */
  let secret;
  let now = 0;
  let endAt = Infinity;
  let unreported = 0;
  let most = Infinity;
  let isClosed = false;

  /** @param {Link} link */
  const isStream = (link) => link.transport === "websocket";

  /** @param {Link} link */
  const isHeld = (link) => link.transport === "long_poll";

  /** @type {() => [received: number, ack: number]} what arrives is taken at once, so that both are one */
  const cursors = () => {
    unreported = 0;
    return [core.received, core.received];
  };

  /** @type {(link: Link, why: string, retryAfter?: number) => void} */
  const drop = (link, why, retryAfter) => {
    if (!links.delete(link)) return;
    if (current === link) current = undefined;
    host.dropped(link, why, retryAfter);
  };

  /** @type {(why: End, wasClean?: boolean, received?: number, ack?: number) => void} with the peer's final cursors, if known */
  const end = (why, wasClean = false, received, ack) => {
    if (isClosed) return;
    isClosed = true;
    const last = [...links];
    links.clear();
    current = undefined;
    endAt = Infinity;
    host.closed(why, wasClean, log.fates(received, ack), last);
  };

  // Attaching

  /** @param {Link} link */
  const greet = (link) => {
    link.state = GREETED;
    link.asked = now;
    link.at.muted ??= now + PROOF;
    delete link.at.hung;
    /** @type {Frame} */
    const hello = [HELLO, { v: 1, session: id, secret, token: core.token, protocols, window }];
    if (!isStream(link)) return host.transmit(link, toBatch([hello]), { kind: "hello", at: now, number: 0, hold: 0 });
    link.at.again = now + AGAIN;
    transmit(link, hello);
  };

  /** @param {Link} link */
  const begin = (link) => {
    const replaced = current;
    current = link;
    core.generation = link.generation;
    link.state = BEGUN;
    link.isCalm = false;
    link.at = { muted: now + PROOF };
    link.next = log.received + 1;
    if (replaced) drop(replaced, "replaced");
    if (!log.fits) end({ code: 4706 });
    else if (isStream(link)) transmit(link, [BEGIN, link.generation, ...cursors(), link.next]);
  };

  // What arrives

  /** @type {Record<number, (link: Link, ...content: any[]) => void>} */
  const apply = {
    [WELCOME](link, { session, generation, received, ack, ...welcome }) {
      if (link.state !== GREETED) return;
      // Another link has begun a session, or a later generation, while this one was on its way (ATT-14).
      if (id && (session !== id || generation <= core.generation)) return greet(link);
      if (!id) {
        if (!welcome.secret) return drop(link, "malformed");
        id = session;
        secret = welcome.secret;
        log.limits = welcome.limits;
        core.protocol = welcome.protocol ?? "";
      }
      if (!acknowledge(received, ack)) return;
      link.state = WELCOMED;
      link.generation = generation;
      delete link.at.again;
      core.rtt = now - link.asked;
      host.token(welcome.expires_in);
      if (host.welcomed(link)) begin(link);
    },
    // A final refusal is the end, unless we are in.
    [REFUSE]: (link, why) =>
      current || isRetry(why.code) ? drop(link, `refused ${why.code}`, why.retry_after) : end(why),
    [ABORT]: (_link, why) => end(why, false, why.received, why.ack),
    // Only for the highest generation begun does it say that someone else took over (ATT-14).
    [FENCED]: (link) => (link.generation === core.generation ? end({ code: 4704 }) : drop(link, "fenced")),
    [STALE]: (link) => drop(link, "stale"),
    [BEGIN](link, generation, received, ack, first) {
      if (link.state !== BEGUN || generation !== link.generation || first > core.received + 1) return drop(link, "gap");
      link.expected = first;
      confirm(link, received, ack);
    },
    [ANSWER]: (link, _generation, _number, received, ack) => confirm(link, received, ack),
    [ACK]: (_link, received, ack) => acknowledge(received, ack),
    [PING]: (link, nonce) => transmit(link, [PONG, nonce]),
    [PONG](link) {
      core.rtt = now - link.asked;
    },
    [TOKEN]: (_link, { expires_in }) => host.token(expires_in),
  };

  /** @type {(link: Link, frame: Frame, seq: number) => void} */
  const receive = (link, [header, ...content], seq) => {
    const kind = kindOf(header);
    if (kind >= BINARY) take(link, kind, content[0], seq);
    else (apply[kind] ?? (() => drop(link, "malformed")))(link, ...content);
  };

  /** @type {(link: Link, received: number, ack: number) => void} the server has begun, too */
  const confirm = (link, received, ack) => {
    if (!acknowledge(received, ack) || link.state === LIVE) return;
    link.state = LIVE;
    delete link.at.muted;
    host.live(link);
  };

  /** @type {(received: number, ack: number) => boolean} */
  const acknowledge = (received, ack) => {
    const isValid = log.acknowledge(received, ack);
    if (!isValid) core.abort(4702);
    else if (endAt < Infinity) endAt = now + CLOSING;
    return isValid;
  };

  /** @type {(link: Link, kind: number, content: any, seq: number) => void} number `received`+1, and nothing else (spec SEQ-2) */
  const take = (link, kind, content, seq) => {
    if (seq !== core.received + 1) return;
    const length = kind === TEXT ? size(content) : content.length;
    const longest = log.limits.message;
    if (length > longest) return core.abort(4706);
    core.received = seq;
    if (kind === CLOSE) {
      // The server's close is the end, once it knows that we have it (spec CLS-3).
      report(link);
      return end(content, true, log.received, log.ack);
    }
    unreported += length;
    host.message(content);
    if (!isStream(link)) return;
    // Any window is at least as large as the longest message, so this is no more than its quarter (SEQ-6).
    if (unreported * 4 > longest) report(link);
    else link.at.ack ??= now + SOON;
  };

  /** @param {Link} link */
  const report = (link) => {
    delete link.at.ack;
    if (isStream(link)) transmit(link, [ACK, ...cursors()]);
    else ask(link, "last");
  };

  // A stream: frames one by one

  /** @type {(link: Link, frame: Frame) => void} */
  const transmit = (link, frame) => host.transmit(link, toMessage(frame));

  /** @type {(item: import("./log.js").Item) => Frame} */
  const framed = ({ kind, seq, data }) => {
    log.sent = Math.max(log.sent, seq);
    return [kind + (seq % 32), data];
  };

  /** @param {Link} link */
  const flow = (link) => {
    for (let item = log.get(link.next); item; item = log.get(++link.next)) transmit(link, framed(item));
  };

  /** @type {(link: Link, frame: Frame) => void} any byte is a sign of life (spec LIV-1, LIV-2) */
  const hear = (link, frame) => {
    const [header] = frame;
    const isNumbered = header >= BINARY;
    if (isNumbered && (link.state < LIVE || header % 32 !== link.expected % 32)) return drop(link, "gap");
    receive(link, frame, isNumbered ? link.expected++ : 0);
    if (link.state === LIVE) link.at.silent = now + log.limits.heartbeat + log.limits.timeout;
  };

  // Polling: one poll that waits, and one batch on its way up

  /** @param {Link} link */
  const exchange = (link) => {
    const frames = link.at.up ? [] : batch(most);
    if (frames.length) ask(link, "up", ...frames);
    if (!link.at.poll && !link.at.rest && (isHeld(link) || !link.at.up)) ask(link, "poll");
  };

  /** Frames for one batch: what follows the peer's cursor, as much as fits, but at least one. @param {number} room */
  const batch = (room) => {
    /** @type {Frame[]} */
    const frames = [];
    let left = Math.min(room, log.limits.batch) - ENVELOPE;
    let seq = log.received;
    for (let item = log.get(++seq); item && (!frames.length || item.size < left); item = log.get(++seq)) {
      left -= item.size + 9;
      frames.push(framed(item));
    }
    return frames;
  };

  /** @type {(link: Link, kind: Asked["kind"], ...frames: Frame[]) => void} */
  const ask = (link, kind, ...frames) => {
    const { hold: longest, batch, timeout } = log.limits;
    const number = ++link.count;
    const hold = !isHeld(link) ? 0 : link.isCalm ? Math.min(longest, Math.floor(core.hold)) : 1;
    const head = [link.generation, number, ...cursors(), log.received + 1, hold, isHeld(link) ? 0 : PROMISE];
    const asked = { kind, at: now, number, hold };
    if (kind === "poll") link.number = number;
    else asked.hold = 0;
    link.at[kind] = now + asked.hold + timeout;
    host.transmit(link, toBatch([[POLL, id, secret, ...head, Math.floor(Math.min(most, batch))], ...frames]), asked);
  };

  /** @type {(link: Link, asked: Asked, frames: Frame[]) => void} */
  const answered = (link, { kind, at, number, hold }, frames) => {
    const [[header, , highest, , , first]] = frames;
    // An answer to an older request came from a cache (spec POL-2).
    if (header === ANSWER && highest < number) return drop(link, "cached");
    if (kind !== "poll" || number === link.number) delete link.at[kind];
    delete link.at.silent;
    if (hold < 2) {
      core.rtt = now - at;
      link.isCalm = true;
    } else if (now - at >= hold) core.hold *= 1.05;
    if (number) most *= 1.1;
    link.pace = frames.length > 1 || kind !== "poll" ? QUICK : Math.min(SLOW, link.pace * 1.5);
    if (!isHeld(link)) link.at.rest = now + link.pace;
    let seq = first;
    for (const frame of frames) if (links.has(link)) receive(link, frame, frame[0] < BINARY ? 0 : seq++);
  };

  /** What a deadline means; any other fails its link. @type {Record<string, (link: Link, name: string) => void>} */
  const rings = { again: greet, ack: report, rest() {} };

  /** @type {(link: Link | undefined, kind: "poll" | "last", ...frames: Frame[]) => void} a frame on a stream, else a request; a new poll supersedes the one that is held */
  const say = (link, kind, ...frames) => {
    if (!link) return;
    link.isCalm = false;
    if (!isStream(link)) ask(link, kind, ...frames.filter(([header]) => header !== PING));
    else for (const frame of frames) transmit(link, frame);
  };

  /** @type {Core} */
  const core = {
    log,
    token: undefined,
    hold: Infinity,
    rtt: 0,
    received: 0,
    generation: 0,
    protocol: "",
    begin,
    drop,
    links,
    current: () => current,
    deadline: () => Math.min(endAt, ...[...links].flatMap(({ at }) => Object.values(at))),
    tick(time) {
      now = time;
      if (endAt <= now) end({ code: 1006 });
      for (const link of links) {
        for (const name in link.at) {
          if (link.at[name] > now) continue;
          delete link.at[name];
          (rings[name] ?? drop)(link, name);
        }
      }
    },
    connect(transport) {
      const at = { hung: now + PROOF };
      /** @type {Link} */
      const link = { transport, at, state: CONNECTING, born: now, asked: now, generation: 0, next: 0, expected: 0, count: 0, number: 0, pace: QUICK };
      links.add(link);
      return link;
    },
    opened(link) {
      if (links.has(link)) greet(link);
    },
    lost(link, why, asked) {
      if (asked?.number && links.has(link)) {
        const passed = now - asked.at;
        most = Math.max(1, Math.min(most, log.limits.batch) / 2);
        if (asked.hold > 1 && passed > AGAIN) {
          core.hold = Math.min(core.hold, Math.max(passed, WORTHWHILE) * 0.8);
          if (passed < WORTHWHILE) why = "cut";
        }
      }
      drop(link, why);
    },
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
    send: (data, size) => log.add(typeof data === "string" ? TEXT : BINARY, data, size),
    pump() {
      if (current) (isStream(current) ? flow : exchange)(current);
    },
    close(code, reason) {
      if (endAt < Infinity) return;
      log.add(CLOSE, { code, reason });
      endAt = id ? now + CLOSING : now;
    },
    abort(code) {
      const [received, ack] = cursors();
      say(current, "last", [ABORT, { code, received, ack }]);
      end({ code });
    },
    refresh(token) {
      core.token = token;
      say(current, "poll", [TOKEN, { token }]);
    },
    probe() {
      if (current?.state !== LIVE) return;
      current.asked = now;
      current.at.silent = now + PROBE;
      say(current, "poll", [PING, 0]);
    },
    detach() {
      if (current && isStream(current)) report(current);
      for (const link of links) drop(link, "detached");
    },
    leave() {
      core.close(1000);
      if (!current || isStream(current)) return core.pump();
      const frames = batch(FAREWELL);
      if (kindOf(frames.at(-1)?.[0] ?? 0) === CLOSE) ask(current, "last", ...frames);
      else core.abort(4710);
    },
  };
  return core;
};

/** Whether a code says that a new session may work (spec §11). @param {number} code */
export const isRetry = (code) => code > 4499 && code < 4600;

/**
 * @typedef {object} Core
 * @property {Log} log
 * @property {string | undefined} token what the next hello shows to the authentication hook
 * @property {number} hold how long the server may hold a poll; shorter where a proxy cuts
 * @property {number} rtt the last round-trip time measured
 * @property {number} received the number of the last frame that arrived
 * @property {number} generation the highest one begun
 * @property {string} protocol the application's, chosen by the server
 * @property {Set<Link>} links those that are tried or used
 * @property {() => Link | undefined} current the one that carries the session
 * @property {() => number} deadline when to call `tick`
 * @property {(time: number) => void} tick it is this time now: lets the deadlines pass that lie at or before it
 * @property {(transport: Transport) => Link} connect a link is attempted
 * @property {(link: Link) => void} opened bytes can travel: the client speaks first
 * @property {(link: Link, why: string, asked?: Asked) => void} lost the link, or one exchange, broke
 * @property {(link: Link, data: Data, asked?: Asked) => void} receive a WebSocket message, or the answer to a request
 * @property {(link: Link) => void} begin the choice falls on a link that was welcomed
 * @property {(link: Link, why: string) => void} drop gives a link up
 * @property {(data: Data | undefined, size: number) => import("./log.js").Item} send a message, for the next `pump`; throws where there is no room. A Blob keeps its place without data until it has some
 * @property {() => void} pump sends what can be sent; several messages before it share a batch
 * @property {(code: number, reason?: string) => void} close no more from us, once everything was sent
 * @property {(code: number) => void} abort the end, at once
 * @property {(token?: string) => void} refresh a fresh token, for now and for later hellos
 * @property {() => void} probe something may have changed: is the link alive?
 * @property {() => void} detach gives up all links for a while; the session goes on
 * @property {() => void} leave the page goes for good: an orderly close where all fits one small request, else an abort
 */

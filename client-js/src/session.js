// The client's side of a session, from the protocol alone (spec §6 to §12).
//
// No I/O, no timers, no clock, no choice of transport: time and bytes are arguments. Say what time it is
// with `tick`, which lets deadlines pass, then what happened, then `pump`; tick again at `deadline`. What
// is to be done is told to the host. The same calls always have the same effects. Several links may be
// tried at a time, while a better one proves itself; one of them carries the session.

import { createLog } from "./log.js";
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
  toText,
  WELCOME,
} from "./wire.js";

/**
 * @typedef {import("./wire.js").Frame} Frame
 * @typedef {import("./wire.js").Data} Data
 * @typedef {import("./wire.js").End} End
 * @typedef {import("./log.js").Item} Item
 * @typedef {"websocket" | "long_poll" | "periodic"} Transport
 *
 * @typedef {object} Asked a request in flight
 * @property {"hello" | "poll" | "up" | "last"} kind `last`: nobody waits for its answer, and it outlives the link
 * @property {number} at
 * @property {number} number 0 for a hello
 * @property {number} hold
 * @property {boolean} isText whether it goes as text in a GET
 * @property {number} tries how often it may still be sent again
 * @property {Data} [batch]
 * @property {boolean} [isLong]
 *
 * @typedef {object} Link one attempt to carry the session, of no more use once it was dropped
 * @property {Transport} transport
 * @property {any} [carrier] a `Carrier` for its bytes, given by the host
 * @property {() => void} opened bytes can travel: the client speaks first
 * @property {(why: string, asked?: Asked) => void} lost the link, or one exchange, broke
 * @property {(data: any, asked?: Asked) => void} receive a WebSocket message, or the answer to a request
 * @property {() => void} begin the choice falls on this link, which was welcomed
 * @property {(why: string, retryAfter?: number) => void} drop gives it up
 * @property {() => void} pump sends what can be sent
 * @property {() => void} tick lets deadlines pass
 * @property {() => number[]} deadlines
 * @property {(kind: "poll" | "last", ...frames: Frame[]) => void} say a frame on a stream, else a request of its own
 * @property {() => void} probe asks for a sign of life
 *
 * @typedef {object} Host
 * @property {(link: Link, protocol: string | undefined, hold: number, isText: boolean) => void} welcomed the link is proved, and begins or is dropped; how long a poll may be held here, and whether as text
 * @property {(link: Link) => void} live the server has begun it as well
 * @property {(link: Link, why: string, isProved: boolean, age: number, progress: number, retryAfter?: number) => void} dropped
 * @property {(data: Data) => void} message
 * @property {(frame: { expires_in?: number }) => void} token was accepted
 * @property {(how: { code: number, reason: string, wasClean: boolean, retry: boolean, retryAfter?: number, fates: ReturnType<ReturnType<typeof createLog>["fates"]> }) => void} closed
 */

/** The states of a link. From `WELCOMED` on the path is proved, in `LIVE` both sides have begun. */
const CONNECTING = 0;
const GREETED = 1;
const WELCOMED = 2;
const BEGUN = 3;
const LIVE = 4;

/** Waits for which the server names no time. */
const PROOF = 10_000;
const AGAIN = 1000;
/** For how long an HTTP hello has only one form. */
const OTHERWISE = 500;
const PROBE = 2000;
const CLOSING = 30_000;
const SOON = 200;
/** A hold that is cut after T is shortened to four fifths of T; below this T, holding is not worth it. */
const WORTHWHILE = 4900;
/** Bytes per millisecond that a stream carries at least. */
const SLOWEST = 8;
/** The pace of periodic polling while there is traffic and without; and what it promises as `next`. */
const QUICK = 250;
const SLOW = 5000;
const PROMISE = 60_000;
/** What the last request of a page may weigh, and what a batch weighs beside its messages. */
const FAREWELL = 1000;
const ENVELOPE = 300;
/** What a batch should weigh that goes as text in one header; twice as much is too long. */
const LINE = 3000;
/** The code of a node that is not the session's, and how often a request is sent again because of it. */
const ELSEWHERE = 4504;
const TRIES = 8;

/** @param {{ protocols?: string[], window?: number, queue?: number, hold: number, isText?: boolean }} options @param {Host} host */
export const createCore = ({ protocols, window, queue, hold, isText = false }, host) => {
  const log = createLog(queue);
  /** @type {Set<Link>} */
  const links = new Set();
  /** @type {Link | undefined} the link that carries the session */
  let current;
  /** @type {string | undefined} */
  let id;
  /** @type {string | undefined} */
  let secret;
  /** @type {string | undefined} */
  let token;
  let now = 0;
  let endAt = Infinity;
  /** When the server has forgotten a session that nothing carries. */
  let forgottenAt = Infinity;
  /** The number of the last frame that arrived, and what of it was not reported. */
  let received = 0;
  let unreported = 0;
  /** Whether the text form is tried for what is too long for it. */
  let isLongText = false;
  /** The highest generation begun. */
  let generation = 0;
  let most = Infinity;
  /** How long a stream may be quiet before something is said on it, where a proxy cuts what is idle. */
  let quiet = Infinity;
  let isClosed = false;

  /** @type {() => [received: number, ack: number]} what arrives is taken at once, so that both are one */
  const cursors = () => {
    unreported = 0;
    return [received, received];
  };

  /** @type {(why: End, wasClean?: boolean) => void} with the peer's final cursors, if known */
  const end = (why, wasClean = false) => {
    if (isClosed) return;
    isClosed = true;
    for (const { carrier } of links) carrier?.close();
    links.clear();
    current = undefined;
    endAt = Infinity;
    const { code, reason = "", retry_after: retryAfter } = why;
    host.closed({ code, reason, wasClean, retry: isRetry(code), retryAfter, fates: log.fates(why.received, why.ack) });
  };

  /** The application's own abort, unless another code says more. */
  const abort = (code = 4710) => {
    current?.say("last", [ABORT, { code, received, ack: received }]);
    end({ code });
  };

  /** @type {(received: number, ack: number) => boolean} */
  const acknowledge = (received, ack) => {
    const isValid = log.acknowledge(received, ack);
    if (!isValid) abort(4702);
    else if (endAt < Infinity) endAt = now + CLOSING;
    return isValid;
  };

  /** @type {(item: Item) => Frame} */
  const framed = ({ kind, seq, data }) => {
    log.sent = Math.max(log.sent, seq);
    return [kind + (seq % 32), data];
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

  /** @param {Transport} transport @returns {Link} */
  const connect = (transport) => {
    const isStream = transport === "websocket";
    const isHeld = transport === "long_poll";
    const born = now;
    let state = CONNECTING;
    let offer = 0;
    /** On a stream, the numbers of the next frames to send and to come. */
    let next = 0;
    let expected = 0;
    /** When something last passed on a stream. */
    let stirred = Infinity;
    /** The last number given to a request, the last request of each kind, and the pause where there is no hold. */
    let count = 0;
    /** @type {Record<string, Asked>} */
    const latest = {};
    /** Where HTTP lets only one form of requests through, a hello in each finds out which. */
    let form = isText;
    let hellos = 0;
    let isHalved = false;
    let pace = QUICK;
    /** We need not know soon: the next poll may be held. */
    let isCalm = false;
    /** Every wait has its deadline here; what it means is in `rings`. @type {Record<string, number>} */
    let at = { hung: now + PROOF };

    /** @type {Link["drop"]} */
    const drop = (why, retryAfter) => {
      if (!links.delete(link)) return;
      link.carrier?.close();
      if (current === link) {
        current = undefined;
        forgottenAt = now + PROMISE + log.limits.retention;
      }
      host.dropped(link, why, state >= WELCOMED, now - born, received + log.received, retryAfter);
    };

    /** @param {Frame} frame */
    const transmit = (frame) => {
      link.carrier.send(toMessage(frame));
      stir();
    };

    /** Something passes on a stream. */
    const stir = () => {
      stirred = now;
      if (state === LIVE) at.quiet = now + quiet;
    };

    /** @type {(asked: Asked, ...frames: Frame[]) => void} */
    const request = (asked, ...frames) => {
      const bytes = toBatch(frames);
      // What is too long for most headers goes in a body, and next time in the other form when it got lost.
      asked.isLong = bytes.length > 2 * LINE;
      if (asked.isLong) asked.isText &&= isLongText;
      asked.batch = asked.isText ? toText(bytes) : bytes;
      link.carrier.send(asked.batch, asked);
    };

    // Attaching

    const greet = () => {
      state = GREETED;
      at = { muted: born + PROOF };
      /** @type {Frame} */
      const hello = [HELLO, { v: 1, session: id, secret, token, protocols, window }];
      if (isStream || !hellos) at.again = now + (isStream ? AGAIN : OTHERWISE);
      if (isStream) return transmit(hello);
      request({ kind: "hello", at: now, number: 0, hold: 0, isText: form !== !!hellos++, tries: TRIES }, hello);
    };

    const begin = () => {
      const replaced = current;
      current = link;
      generation = offer;
      state = BEGUN;
      isCalm = false;
      // Each request has a deadline of its own.
      at = isStream ? { muted: now + PROOF } : {};
      next = log.received + 1;
      replaced?.drop("replaced");
      if (!log.fits()) end({ code: 4706 });
      else if (isStream) transmit([BEGIN, offer, ...cursors(), next]);
    };

    // What arrives

    /** @type {Record<number, (...content: any[]) => void>} */
    const apply = {
      [WELCOME](welcome) {
        if (state !== GREETED) return;
        // Another link has begun a session, or a later generation, while this one was on its way (ATT-14).
        if (id && (id !== welcome.session || welcome.generation <= generation)) return greet();
        if (!id) {
          if (!welcome.secret) return drop("malformed");
          id = welcome.session;
          secret = welcome.secret;
          log.limits = welcome.limits;
        }
        if (!acknowledge(welcome.received, welcome.ack)) return;
        state = WELCOMED;
        offer = welcome.generation;
        host.token(welcome);
        host.welcomed(link, welcome.protocol, hold, isText);
      },
      // A final refusal is the end, unless we are in.
      // So is a node that cannot be found for longer than it would keep the session.
      [REFUSE]: (why) =>
        current || (isRetry(why.code) && (why.code !== ELSEWHERE || now < forgottenAt))
          ? drop(`refused ${why.code}`, why.retry_after)
          : end(why),
      [ABORT]: end,
      // Only for the highest generation begun does it say that someone else took over (ATT-14).
      [FENCED]: () => (generation && offer === generation ? end({ code: 4704 }) : drop("fenced")),
      [STALE]: () => drop("stale"),
      /** The server has begun, too; `first` is the number of the frame that comes next. */
      [BEGIN](begun, received_, ack, first) {
        if (state < BEGUN || begun !== offer || (isStream && first > received + 1)) return drop("gap");
        if (!acknowledge(received_, ack)) return;
        expected = first;
        if (state < LIVE) host.live(link);
        state = LIVE;
        delete at.muted;
      },
      [ANSWER]: (begun, _number, ...cursors) => apply[BEGIN](begun, ...cursors),
      [ACK]: acknowledge,
      [PING]: (nonce) => transmit([PONG, nonce]),
      [PONG]() {},
      [TOKEN]: host.token,
    };

    /** A sequenced frame is the one that is expected, or the link has a gap (spec FRM-1). @param {Frame} frame */
    const accept = ([header, ...content]) => {
      const kind = kindOf(header);
      if (kind < BINARY) apply[kind](...content);
      else if (state < LIVE || header % 32 !== expected % 32) drop("gap");
      else take(kind, content[0], expected++);
    };

    /** @type {(kind: number, content: any, seq: number) => void} number `received`+1, and nothing else (spec SEQ-2) */
    const take = (kind, content, seq) => {
      if (seq !== received + 1) return;
      const length = kind === TEXT ? size(content) : content.length;
      const longest = log.limits.message;
      if (length > longest) return abort(4706);
      received = seq;
      if (kind === CLOSE) {
        // The server's close is the end, once it knows that we have it, and has its final cursors (spec CLS-3).
        report();
        log.acknowledge(content.received ?? 0, content.ack ?? 0);
        return end(content, true);
      }
      unreported += length;
      host.message(content);
      // Any window is at least as large as the longest message, so this is no more than its quarter (SEQ-6).
      if (!isStream) return;
      if (unreported * 4 > longest) report();
      else at.ack ??= now + SOON;
    };

    const report = () => {
      delete at.ack;
      if (isStream) transmit([ACK, ...cursors()]);
      else ask("last");
    };

    // Polling: one poll that waits, and one batch on its way up

    /** @type {(kind: Asked["kind"], ...frames: Frame[]) => void} */
    const ask = (kind, ...frames) => {
      const { limits } = log;
      // What goes up beside a poll leaves the hold to it (spec POL-3).
      const held = isHeld && kind === "poll" ? (isCalm ? Math.min(limits.hold, hold) : 1) : 0;
      const asked = { kind, at: now, number: ++count, hold: held, isText: form, tries: TRIES };
      latest[kind] = asked;
      at[kind] = now + held + limits.timeout;
      /** @type {Frame} */
      const poll = [
        POLL,
        id,
        secret,
        offer,
        count,
        ...cursors(),
        log.received + 1,
        held,
        isHeld ? 0 : PROMISE,
        Math.min(most, limits.batch),
      ];
      request(asked, poll, ...frames);
    };

    /** @type {(asked: Asked, frames: Frame[]) => void} */
    const answered = (asked, frames) => {
      const [[header, content, highest]] = frames;
      // The other form was quicker, and carries the link.
      if (asked.kind === "hello" && state !== GREETED && header !== ABORT) return;
      // A node that was not meant did nothing with it, and the next one may be the right one (spec ATT-8).
      if (content.code === ELSEWHERE && asked.tries-- > 0) return link.carrier.send(asked.batch, asked);
      if (asked.kind === "hello") {
        form = isText = asked.isText;
        hellos = 0;
      }
      // An answer to an older request came from a cache (spec POL-2).
      if (header === ANSWER && highest < asked.number) return drop("cached");
      if (latest[asked.kind] === asked) delete at[asked.kind];
      delete at.silent;
      if (asked.hold < 2) isCalm = true;
      else if (now - asked.at >= asked.hold) hold *= 1.01;
      if (asked.number) most *= 1.1;
      pace = frames.length > 1 || asked.kind !== "poll" ? QUICK : Math.min(SLOW, pace * 1.5);
      if (!isHeld) at.rest = now + pace;
      for (const frame of frames) if (links.has(link)) accept(frame);
    };

    /** What a deadline means; any other gives the link up. @type {Record<string, () => void>} */
    const rings = {
      again: greet,
      ack: report,
      rest() {},
      quiet() {
        quiet *= 1.01;
        transmit([PING, 0]);
      },
    };

    /** @type {Link} */
    const link = {
      transport,
      begin,
      drop,
      deadlines: () => Object.values(at),
      tick() {
        for (const name in at) {
          if (at[name] > now) continue;
          delete at[name];
          if (rings[name]) rings[name]();
          else link.lost(name, latest[name]);
        }
      },
      opened: greet,
      lost(why, asked = /** @type {any} */ ({})) {
        if (asked.kind === "hello" && (state > GREETED || !isHalved)) {
          isHalved = true;
          if (at.again) greet();
          return;
        }
        const idle = now - stirred;
        if (/^closed/.test(why) && state === LIVE && idle > PROBE) quiet = Math.min(quiet, idle / 2);
        const passed = now - asked.at;
        if (asked.isLong) isLongText = !isLongText;
        if (asked.number) most = Math.max(1, Math.min(most, log.limits.batch) / 2);
        if (asked.hold && passed > AGAIN) {
          hold = Math.min(hold, Math.max(Math.min(passed, asked.hold), WORTHWHILE) * 0.8);
          if (passed < WORTHWHILE) why = "cut";
        }
        drop(why);
      },
      receive(data, asked) {
        /** @type {Frame[]} */
        let frames;
        try {
          frames = asked ? fromBatch(data) : [fromMessage(data)];
        } catch {
          return link.lost(asked ? "foreign 200" : "malformed", asked);
        }
        if (asked) return answered(asked, frames);
        const before = log.received;
        accept(frames[0]);
        if (log.received > before) delete at.unheard;
        stir();
        // On a stream any byte is a sign of life (spec LIV-1, LIV-2).
        if (state === LIVE) at.silent = now + log.limits.heartbeat + log.limits.timeout;
      },
      pump() {
        if (isStream) {
          for (let item = log.get(next); item; item = log.get(++next)) transmit(framed(item));
          // What was sent is acknowledged soon (spec SEQ-6), or it does not get through.
          if (log.received < log.sent) at.unheard ??= now + log.limits.timeout + log.bytes / SLOWEST;
          return;
        }
        const frames = at.up ? [] : batch(form ? Math.min(most, LINE) : most);
        if (frames.length) {
          ask("up", ...frames);
          // Its answer tells soon enough, so that the poll beside it can wait for what it brings about.
          isCalm = true;
        }
        if (!at.poll && !at.rest && (isHeld || !at.up)) ask("poll");
      },
      say(kind, ...frames) {
        isCalm = false;
        if (isStream) frames.forEach(transmit);
        else ask(kind, ...frames);
      },
      probe() {
        at.silent = now + PROBE;
        isCalm = false;
        if (isStream) transmit([PING, 0]);
        else ask("poll");
      },
    };
    links.add(link);
    return link;
  };

  return {
    log,
    links,
    abort,
    /** A link is attempted. */
    connect,
    /** What carries the session. */
    transport: () => current?.transport,
    /** When to call `tick`. */
    deadline: () => Math.min(endAt, ...[...links].flatMap((link) => link.deadlines())),
    stats: () => ({ up: { sent: log.sent, received: log.received, ack: log.ack }, down: { received } }),

    /** It is this time now: lets the deadlines pass that lie at or before it. @param {number} time */
    tick(time) {
      now = time;
      if (endAt <= now) end({ code: 1006 });
      for (const link of links) link.tick();
    },

    /**
     * A message of the application, for the next `pump`; throws where there is no room. A Blob keeps its
     * place without data until it has some.
     *
     * @type {(data: Data | undefined, size: number) => Item}
     */
    send: log.add,

    /** Sends what can be sent. Several messages before it share a batch. */
    pump: () => current?.pump(),

    /** No more from us, once everything was sent. @type {(code: number, reason?: string) => void} */
    close(code, reason) {
      if (endAt < Infinity) return;
      log.add({ code, reason }, undefined, CLOSE);
      endAt = id ? now + CLOSING : now;
    },

    /** A fresh token, for now and for later hellos. @param {string} fresh */
    refresh(fresh) {
      token = fresh;
      current?.say("poll", [TOKEN, { token }]);
    },

    /** Something may have changed: is the link alive? */
    probe: () => current?.probe(),

    /**
     * The page goes. For a while: all links are given up, and the session goes on. For good: an orderly
     * close where all fits one small request, else an abort.
     *
     * @param {boolean} isKept
     */
    leave(isKept) {
      if (isKept) {
        for (const { drop } of links) drop("detached");
        return;
      }
      this.close(1000);
      const frames = batch(FAREWELL);
      if (current?.transport === "websocket") current.pump();
      else if (log.received + frames.length === log.last) current?.say("last", ...frames);
      else abort();
    },
  };
};

/** Whether a code says that a new session may work (spec §11). @param {number} code */
const isRetry = (code) => code > 4499 && code < 4600;

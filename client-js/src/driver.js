// Drives a session: what happens goes to the core, what the core wants done goes to the carriers and to
// the application, and the race says which transport to try.
//
// It has the one timer, and decides nothing of the protocol. What follows from a call of the application is done in a microtask,
// so that no event is fired inside a call and messages sent together leave together.

import { createLeader } from "./leader.js";
import { createRace } from "./race.js";
import { createCore } from "./session.js";
import { http } from "./transports/http.js";
import { websocket } from "./transports/websocket.js";
import { createVerdicts } from "./verdicts.js";
import { size } from "./wire.js";

/**
 * @typedef {import("./session.js").Transport} Transport
 * @typedef {EventTarget & { url: string, readyState: number, protocol?: string, transport: Transport | null, state?: string, binaryType?: string }} Carried
 * @typedef {import("./index.js").Options} Options
 */

/** A token is asked for again when this share of its time is over. */
const SHARE = 0.75;
/** How long the application may take to give one. */
const PATIENCE = 10_000;
/** How long nothing may happen here; when more time has passed on the wall clock, the computer slept. */
const LONGEST = 5000;
const JUMP = 7000;
/** Why we give links up ourselves: there is a better one, or the page goes. */
const UNWANTED = "unwanted";
const DETACHED = "detached";
/** The evidence where HTTP lets only the text form through. */
const AS_TEXT = "as text in a GET";

/**
 * @typedef {{ data: any, content?: import("./wire.js").Data, weight: number }} Part
 *
 * A message as it is sent, and what it weighs: a copy, since the caller may go on with its own. A Blob has no content before it was read.
 *
 * @type {(data: any) => Part}
 */
export const weigh = (data) => {
  const { size: weight, buffer = data, byteOffset, byteLength } = data;
  if (weight >= 0) return { data, weight };
  const content = byteLength >= 0 ? new Uint8Array(buffer, byteOffset, byteLength).slice() : `${data}`;
  return { data, content, weight: byteLength ?? size(`${data}`) };
};

/** @type {(session: Carried, options: Options) => any} */
export const drive = (session, options) => {
  const {
    now = () => performance.now(),
    date = Date.now,
    setTimeout = globalThis.setTimeout,
    clearTimeout = globalThis.clearTimeout,
    page = globalThis,
    queue,
    token,
    signal,
    protocols = [],
  } = options;
  const network = page.navigator?.connection;
  const place = `throughline ${new URL(session.url).origin}`;
  const verdicts = createVerdicts(options, date, `${place} ${network?.type}`);
  const leader = createLeader(page.navigator?.locks, place, () => act());
  const race = createRace(options, now, verdicts, leader);
  const ended = new AbortController();
  let isSettling = false;
  let isAsking = false;
  /** The page was left, and may be shown again. */
  let isAway = false;
  /** Somebody else answers, and the application knows. */
  let isBlocked = false;
  let refreshAt = -1;
  let lookedAt = date();
  /** @type {any} */
  let timer;
  let lostAt = 0;
  /** @type {string | undefined} why the last link was lost, until that was told */
  let why;

  const core = createCore(
    {
      ...options,
      hold: verdicts.get("long_poll").hold ?? Infinity,
      isText: [verdicts.get("long_poll"), verdicts.get("periodic")].some(({ evidence }) => evidence === AS_TEXT),
      protocols: [protocols].flat(),
    },
    {
      welcomed({ transport, begin, drop }, protocol = "", hold, isText) {
        race.won(transport);
        verdicts.set(transport, "works", isText && transport !== "websocket" ? AS_TEXT : "", hold);
        if (!race.better(core.transport()).includes(transport)) return drop(UNWANTED);
        session.protocol ||= protocol;
        begin();
      },
      live({ transport }) {
        if (lostAt) emit("resume", { detail: { transport, away: now() - lostAt } });
        lostAt = 0;
        isBlocked = false;
      },
      dropped({ transport }, reason, isProved, age, progress, retryAfter) {
        const live = core.transport();
        if (isProved && !live && reason !== UNWANTED) {
          why = reason;
          lostAt ||= now();
        }
        // What we gave up ourselves says nothing about the network.
        if (reason === UNWANTED || reason === DETACHED) return;
        if (!isProved) {
          const evidence = race.failed(transport, reason, live);
          if (evidence && !isBlocked) emit("blocked", { detail: { evidence } });
          isBlocked ||= !!evidence;
        } else if (!live) race.lost(transport, reason, age, progress);
        if (retryAfter) race.startAt = now() + retryAfter;
      },
      message(data) {
        const { buffer = data } = /** @type {any} */ (data);
        emit("message", { data: buffer !== data && session.binaryType === "blob" ? new Blob([buffer]) : buffer });
      },
      token({ expires_in: expiresIn = Infinity }) {
        refreshAt = now() + expiresIn * SHARE;
      },
      closed(how) {
        session.readyState = 3;
        ended.abort();
        leader.want(false);
        why = "closed";
        tell();
        if (!how.wasClean) emit("error");
        emit("close", how);
      },
    },
  );

  /** Tells the core something at this time. @param {false | (() => unknown)} [step] */
  const act = (step) => {
    const passed = date() - lookedAt;
    lookedAt += passed;
    core.tick(now());
    if (passed > JUMP) wake();
    if (step) step();
    if (!isSettling) queueMicrotask(settle);
    isSettling = true;
  };

  const settle = () => {
    isSettling = false;
    core.tick(now());
    core.pump();
    clearTimeout(timer);
    if (session.readyState > 2) return;
    if (now() >= refreshAt) {
      if (isAsking) return core.abort(4507);
      ask();
    }
    const live = core.transport();
    // A tab that nobody looks at leaves the lead to others.
    leader.want(live !== "websocket" && !page.document?.hidden && !isAway);
    let wakeAt = refreshAt;
    for (const [transport, at] of race.plan(live)) {
      if ([...core.links].some((link) => link.transport === transport) || (isAsking && !live)) continue;
      if (at > now()) wakeAt = Math.min(wakeAt, at);
      else connect(transport);
    }
    tell();
    timer = setTimeout(act, Math.min(core.deadline(), wakeAt, now() + LONGEST) - now());
  };

  /** Events for what has changed. */
  const tell = () => {
    const from = session.transport;
    const to = core.transport() ?? null;
    session.transport = to;
    if (to && !session.readyState) {
      session.readyState = 1;
      emit("open");
    }
    if (from !== to) emit("transport", { detail: { from, to, why } });
    why = undefined;
    const over = /** @type {("closing" | "closed")[]} */ (["closing", "closed"]);
    const state =
      over[session.readyState - 2] ?? (to ? "live" : core.links.size || isAsking ? "connecting" : "waiting");
    if (session.state === state) return;
    session.state = state;
    emit("state", { detail: state });
  };

  /** @type {(type: string, properties?: object) => void} */
  const emit = (type, properties) => {
    const handler = /** @type {any} */ (session)[`on${type}`];
    if (handler) session.addEventListener(type, handler, { once: true });
    session.dispatchEvent(Object.assign(new Event(type), properties));
  };

  /** @param {Transport} transport */
  const connect = (transport) => {
    const link = core.connect(transport);
    const isStream = transport === "websocket";
    const url = session.url.replace(/\/?(\?.*)?$/, isStream ? "/websocket$1" : "/poll$1");
    /** @type {import("./transports/websocket.js").Report} */
    const report = (what, content, asked) => {
      act(() => core.links.has(link) && link[what](content, asked));
    };
    try {
      link.carrier = (isStream ? websocket : http)(options, url, report);
      // For HTTP there is nothing to open.
      if (!isStream) report("opened");
    } catch (error) {
      report("lost", `${error}`);
    }
  };

  const ask = async () => {
    isAsking = true;
    refreshAt = now() + PATIENCE;
    try {
      const fresh = token instanceof Function ? await token() : token;
      refreshAt = Infinity;
      if (fresh) act(() => core.refresh(fresh));
    } catch {
      act(() => core.abort(4507));
    }
    isAsking = false;
    act();
  };

  /** @type {(target: any, type: string, heard: (event: any) => unknown) => void} */
  const on = (target, type, heard) =>
    target?.addEventListener?.(type, (/** @type {any} */ event) => act(() => heard(event)), { signal: ended.signal });

  /** A Blob keeps its place while it is read. @param {Part} part */
  const send = ({ data, content, weight }) =>
    act(() => {
      const item = core.send(content, weight);
      if (content === undefined)
        data.arrayBuffer().then(
          (/** @type {ArrayBuffer} */ read) => act(() => (item.data = new Uint8Array(read))),
          () => act(core.abort),
        );
    });

  /** Something about the network may have changed. */
  const wake = () => {
    if (isAway) return;
    core.probe();
    race.startAt = now();
  };

  on(page, "online", wake);
  on(page, "offline", wake);
  on(page, "visibilitychange", wake);
  on(network, "change", wake);
  on(page, "pageshow", () => {
    isAway = false;
    wake();
  });
  on(page, "pagehide", ({ persisted }) => {
    isAway = true;
    core.leave(persisted);
    race.startAt = Infinity;
    settle();
  });
  on(signal, "abort", () => core.abort());
  act(signal?.aborted && core.abort);
  return { act, core, race, verdicts, queue, send };
};

// Drives a session: what happens goes to the core, what the core wants done goes to the carriers and to
// the application, and the race says which transport to try.
//
// It decides nothing of the protocol. What follows from a call of the application is done in a microtask,
// so that no event is fired inside a call and messages sent together leave together.

import { createRace } from "./race.js";
import { createCore, isRetry } from "./session.js";
import { createAlarm } from "./timer.js";
import { http } from "./transports/http.js";
import { websocket } from "./transports/websocket.js";
import { createVerdicts } from "./verdicts.js";

/**
 * @typedef {import("./session.js").Transport} Transport
 * @typedef {import("./index.js").Session} Session
 * @typedef {import("./index.js").Environment} Environment
 */

/** A token is asked for again when three quarters of its time are over, and soon when it was not accepted. */
const SHARE = 0.75;
const SOON = 10_000;

/** @type {(session: Session, env: Environment) => any} */
export const drive = (session, env) => {
  const { now, page, token, protocols } = env;
  const network = page.navigator?.connection;
  const verdicts = createVerdicts({ ...env, key: `throughline ${new URL(session.url).origin} ${network?.type}` });
  const race = createRace({ ...env, verdicts });
  const counts = { bytesUp: 0, bytesDown: 0, requests: 0, links: 0 };
  const ended = new AbortController();
  let isSettling = false;
  let isAsking = false;
  let refreshAt = -1;
  let lostAt = 0;
  let why = "better";

  const core = createCore(
    {
      ...env,
      hold: verdicts.get("long_poll").hold ?? Infinity,
      protocols: protocols ? [protocols].flat() : undefined,
    },
    {
      transmit({ carrier }, data, asked) {
        if (asked) counts.requests++;
        counts.bytesUp += data.length;
        carrier?.send(data, asked);
      },
      welcomed({ transport, drop }, protocol = "", hold) {
        race.won(transport);
        verdicts.set(transport, "works", "", hold);
        const isBetter = race.better(core.current()?.transport).includes(transport);
        if (!isBetter) drop("unwanted");
        else if (!session.readyState) session.protocol = protocol;
        return isBetter;
      },
      live({ transport }) {
        if (lostAt) emit("resume", { outcome: "resumed", transport, away: now() - lostAt });
        lostAt = 0;
      },
      dropped({ transport, carrier }, reason, isProved, age, progress, retryAfter) {
        const live = core.current()?.transport;
        carrier?.close();
        if (!isProved) race.failed(now(), transport, reason, live);
        else if (!live) {
          why = reason;
          lostAt ||= now();
          race.lost(now(), transport, reason, age, progress);
        }
        if (retryAfter) race.wait(now() + retryAfter);
      },
      message(data) {
        const { buffer = data } = /** @type {any} */ (data);
        emit("message", 0, { data: buffer !== data && session.binaryType === "blob" ? new Blob([buffer]) : buffer });
      },
      token(expiresIn = Infinity) {
        refreshAt = now() + expiresIn * SHARE;
      },
      closed({ code, reason = "", retry_after: retryAfter }, wasClean, fates, links) {
        for (const { carrier } of links) carrier?.close();
        session.readyState = 3;
        ended.abort();
        tell("closed");
        if (!wasClean) emit("error");
        emit("close", 0, { code, reason, wasClean, retry: isRetry(code), retryAfter, fates });
      },
    },
  );

  /** Tells the core something at this time. @param {((event?: any) => unknown) | false} [step] */
  const act = (step) => {
    core.tick(now());
    if (step) step();
    if (!isSettling) queueMicrotask(settle);
    isSettling = true;
  };

  const settle = () => {
    isSettling = false;
    core.tick(now());
    core.pump();
    if (session.readyState > 2) return alarm();
    if (now() >= refreshAt) ask();
    const live = core.current()?.transport;
    const busy = [...core.links].map(({ transport }) => transport);
    let wakeAt = refreshAt;
    for (const [transport, at] of race.plan(now(), live)) {
      if (busy.includes(transport) || (isAsking && !live)) continue;
      if (at > now()) wakeAt = Math.min(wakeAt, at);
      else connect(transport);
    }
    tell(live ? "live" : core.links.size ? "connecting" : "waiting");
    alarm(Math.min(core.deadline(), wakeAt));
  };

  /** Events for what has changed. @param {Session["state"]} state */
  const tell = (state) => {
    const from = session.transport;
    const to = core.current()?.transport ?? null;
    session.transport = to;
    if (to && !session.readyState) {
      session.readyState = 1;
      emit("open");
    }
    if (from !== to) emit("transport", { from, to, why });
    why = "better";
    if (session.readyState === 2) state = "closing";
    if (session.state === state) return;
    session.state = state;
    emit("state", state);
  };

  /** @type {(type: string, detail?: unknown, properties?: object) => void} */
  const emit = (type, detail, properties) => {
    const handler = /** @type {any} */ (session)[`on${type}`];
    if (handler) session.addEventListener(type, handler, { once: true });
    session.dispatchEvent(Object.assign(new Event(type), { detail, ...properties }));
  };

  /** @param {Transport} transport */
  const connect = (transport) => {
    const link = core.connect(transport);
    const isStream = transport === "websocket";
    const url = session.url.replace(/\/?(\?.*)?$/, isStream ? "/websocket$1" : "/poll$1");
    counts.links++;
    /** @type {import("./transports/websocket.js").Report} */
    const report = (what, content, asked) => {
      if (what === "receive") counts.bytesDown += content.length;
      act(() => core.links.has(link) && link[what](content, asked));
    };
    try {
      link.carrier = (isStream ? websocket : http)(/** @type {any} */ (env), url, report);
    } catch (error) {
      report("lost", `${error}`);
    }
  };

  const ask = async () => {
    isAsking = true;
    refreshAt = Infinity;
    try {
      const fresh = token instanceof Function ? await token() : token;
      if (fresh) act(() => core.refresh(fresh));
      refreshAt = now() + SOON;
    } catch {
      act(() => core.abort(4507));
    }
    isAsking = false;
    act();
  };

  /** @type {(target: any, type: string, heard: (event: any) => unknown) => void} */
  const on = (target, type, heard) =>
    target?.addEventListener?.(type, (/** @type {any} */ event) => act(() => heard(event)), { signal: ended.signal });

  /** Something about the network may have changed. */
  const wake = () => {
    core.probe();
    race.wait(now());
  };

  const abort = () => core.abort(4710);

  const alarm = createAlarm(env, (hasJumped) => act(hasJumped && wake));
  on(page, "online", wake);
  on(page, "pageshow", wake);
  on(page.document, "visibilitychange", wake);
  on(network, "change", wake);
  on(page, "pagehide", ({ persisted }) => {
    if (persisted) core.detach();
    else core.leave();
    race.wait(Infinity);
    settle();
  });
  on(env.signal, "abort", abort);
  race.wait(now());
  act(env.signal?.aborted && abort);
  return { act, abort, core, race, verdicts, counts };
};

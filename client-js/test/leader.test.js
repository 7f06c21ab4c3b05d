// Among the tabs of an origin one holds requests; the others poll periodically, and so does a tab that nobody looks at.

import assert from "node:assert/strict";
import test from "node:test";
import { Locks } from "./support/locks.js";
import { meet, of, open } from "./support/session.js";

/** What a tab sees: locks that all share, and whether somebody looks at it. */
const tab = (locks) => Object.assign(new EventTarget(), { navigator: { locks }, document: { hidden: false } });

const look = (page, isLookedAt) => {
  page.document.hidden = !isLookedAt;
  page.dispatchEvent(new Event("visibilitychange"));
};

/** @returns tabs with a session each, where WebSocket is absent unless said otherwise */
function tabs(count, options = { WebSocket: null }) {
  const locks = new Locks();
  const pages = Array.from({ length: count }, () => tab(locks));
  const first = meet({ options: { ...options, page: pages[0] } });
  const others = pages.slice(1).map((page) => open(first.network, { ...options, page }));
  const sessions = [first, ...others].map(({ session }) => session);
  return { ...first, locks, pages, sessions, transports: () => sessions.map(({ transport }) => transport) };
}

test("one tab holds requests and the others poll periodically, all open at once", async () => {
  const { world, transports } = tabs(8);
  await world.until(() => transports().every(Boolean), 50);
  assert.deepEqual(transports(), ["long_poll", ...Array(7).fill("periodic")]);
  await world.pass(60_000);
  assert.deepEqual(transports(), ["long_poll", ...Array(7).fill("periodic")]);
});

test("when the leader goes, the next one leads", async () => {
  const { world, sessions, transports } = tabs(3);
  await world.until(() => transports().every(Boolean));
  sessions[0].close();
  await world.until(() => sessions[0].readyState === 3);
  await world.pass(100);
  assert.deepEqual(transports(), [null, "long_poll", "periodic"]);
});

test("a tab that nobody looks at from the start polls periodically, also where there are no locks", async () => {
  for (const locks of [new Locks(), undefined]) {
    const page = Object.assign(tab(locks), { document: { hidden: true } });
    const { world, session } = meet({ options: { WebSocket: null, page } });
    await world.until(() => session.transport, 50);
    await world.pass(1000);
    assert.equal(session.transport, "periodic");
    look(page, true);
    await world.until(() => session.transport === "long_poll", 100);
  }
});

test("a tab that nobody looks at leaves the lead to another, and takes its turn when it is seen again", async () => {
  const { world, pages, transports, events, server } = tabs(2);
  await world.until(() => transports().every(Boolean));
  look(pages[0], false);
  await world.pass(100);
  assert.deepEqual(transports(), ["periodic", "long_poll"]);
  look(pages[0], true);
  await world.pass(100);
  assert.deepEqual(transports(), ["periodic", "long_poll"]);
  look(pages[1], false);
  await world.pass(100);
  assert.deepEqual(transports(), ["long_poll", "periodic"]);
  assert.equal(of(events, "close").length, 0);
  assert.equal([...server.sessions.values()].filter(({ starts }) => starts).length, 2);
});

test("over a WebSocket nobody leads, and nobody waits for the lead", async () => {
  const { world, locks, transports } = tabs(3, {});
  await world.until(() => transports().every((one) => one === "websocket"));
  await world.settle();
  assert.equal(locks.count("throughline http://server.test"), 0);
});

test("a session that ended neither leads nor waits", async () => {
  const { world, locks, sessions, transports } = tabs(2);
  await world.until(() => transports().every(Boolean));
  assert.equal(locks.count("throughline http://server.test"), 2);
  for (const session of sessions) session.close();
  await world.until(() => sessions.every(({ readyState }) => readyState === 3));
  await world.settle();
  assert.equal(locks.count("throughline http://server.test"), 0);
});

test("a session that ends because nobody signs in neither leads nor waits", async () => {
  const locks = new Locks();
  const token = () => new Promise(() => {});
  const { world, session } = meet({ options: { WebSocket: null, page: tab(locks), token } });
  await world.until(() => session.readyState === 3);
  await world.settle();
  assert.equal(locks.count("throughline http://server.test"), 0);
});

test("a tab that is hidden while it says hello blames no network for that", async () => {
  const page = tab(new Locks());
  const { world, session, network, events } = meet({ options: { WebSocket: null, page } });
  network.latency = 100;
  await world.pass(150);
  look(page, false);
  await world.until(() => session.transport === "periodic", 1000);
  assert.equal(session.verdicts.long_poll.verdict, "works");
  assert.equal(of(events, "resume").length, 0);
});

test("where the origin may have no locks, every tab holds requests", async () => {
  const page = tab({ request: async () => Promise.reject(new DOMException("", "SecurityError")) });
  const { world, session } = meet({ options: { WebSocket: null, page } });
  await world.until(() => session.transport === "long_poll", 50);
});

test("an application that leaves no choice is not waited for", async () => {
  const locks = new Locks();
  const options = { page: tab(locks), transports: ["long_poll"] };
  const { world, session, network } = meet({ options });
  await world.until(() => session.transport === "long_poll", 50);
  const second = open(network, { ...options, page: tab(locks) });
  await world.until(() => second.session.transport === "long_poll", 50);
});

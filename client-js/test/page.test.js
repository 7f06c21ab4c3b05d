// What the page tells of itself and of the network: hints, sleep, and that it goes.

import assert from "node:assert/strict";
import test from "node:test";
import { live, meet, of, open } from "./support/session.js";

test("when the page hints at a change, a dead link is noticed within 2 s", async () => {
  for (const [target, type] of [
    ["page", "online"],
    ["page", "offline"],
    ["page", "pageshow"],
    ["page", "visibilitychange"], // a browser fires it at the document, from where it bubbles
    ["connection", "change"],
  ]) {
    const page = Object.assign(new EventTarget(), { navigator: { connection: new EventTarget() } });
    const { world, session, network, events } = await live({ options: { page, transports: ["websocket"] } });
    for (const socket of network.sockets) socket.send = () => {};
    const targets = { page, connection: page.navigator.connection };
    targets[target].dispatchEvent(new Event(type));
    await world.pass(2100);
    assert.equal(of(events, "transport")[1]?.detail.why, "silent", type);
    assert.equal(session.state, "live", type);
  }
});

test("when the computer slept, the link is probed", async () => {
  let slept = 0;
  const met = meet();
  const { world, network } = met;
  const date = () => world.date() + slept;
  const { session, events } = open(network, { date, transports: ["websocket"] });
  await world.until(() => session.state === "live");
  await world.pass(1000);
  for (const socket of network.sockets) socket.send = () => {};
  slept = 3_600_000;
  await world.pass(8000);
  assert.equal(of(events, "transport")[1]?.detail.why, "silent");
});

test("a page that is kept lets go of the link, and resumes when it is shown again", async () => {
  for (const transport of ["websocket", "long_poll"]) {
    const page = new EventTarget();
    const { world, session, network, events } = await live({ options: { page, transports: [transport] } });
    page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
    const tried = network.requests.length + network.handshakes;
    page.dispatchEvent(new Event("visibilitychange")); // a browser fires it after `pagehide`
    assert.equal(network.sockets.size, 0);
    await world.pass(60_000);
    assert.equal(session.transport, null);
    assert.equal(network.requests.length + network.handshakes, tried, "nothing is tried until the page is shown again");
    assert.equal(session.verdicts[transport].verdict, "works", "leaving soon says nothing about the network");
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await world.until(() => session.state === "live", 1000);
    assert.equal(of(events, "close").length, 0);
  }
});

test("a page that is not kept says goodbye, on polls in one small request that outlives it", async () => {
  const page = new EventTarget();
  const { world, session, network, server } = await live({ options: { page, transports: ["long_poll"] } });
  session.send("last words");
  await world.pass(2);
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: false }));
  const last = network.requests.at(-1);
  assert.ok(last.keepalive && last.body.length <= 1000);
  await world.pass(20);
  assert.deepEqual(server.session.received, ["last words"]);
  assert.ok(server.session.log.some(({ kind }) => kind === "close"));
});

test("a goodbye that would not fit is an abort", async () => {
  const page = new EventTarget();
  const { world, session, network, server } = await live({ options: { page, transports: ["long_poll"] } });
  session.send("x".repeat(5000));
  session.send("y".repeat(5000));
  await world.settle();
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: false }));
  const last = network.requests.at(-1);
  assert.ok(last.keepalive && last.body.length <= 1000);
  await world.pass(20);
  assert.equal(server.session.end, 4710);
});

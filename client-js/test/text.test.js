// The text form of requests: found where POSTs do not get through, kept while it is answered, and remembered.

import assert from "node:assert/strict";
import test from "node:test";
import { memory } from "./support/network.js";
import { SECRET } from "./support/server.js";
import { live, meet, open } from "./support/session.js";

const options = { WebSocket: null };
const isText = ({ method, headers }) => method === undefined && headers.throughline.length > 0;

for (const [post, most] of [
  ["hung", 600],
  ["unavailable", 100],
  ["refused", 100],
]) {
  test(`where POSTs are ${post} the session is open as text in a GET within ${most} ms`, async () => {
    const { world, session, server, messages } = meet({ faults: { post }, options });
    await world.until(() => session.readyState === 1, most);
    assert.equal(session.verdicts.long_poll.evidence, "as text in a GET");
    session.send("up");
    session.send(new Uint8Array([0, 128, 255]));
    server.send(server.session, { kind: "text", text: "down" });
    await world.until(() => server.session.received.length === 2 && messages.length === 1, 1000);
    assert.deepEqual(server.session.received, ["up", Buffer.from([0, 128, 255])]);
    await world.pass(60_000);
    assert.equal(session.transport, "long_poll");
    assert.equal(session.state, "live");
  });
}

test("a late refusal of the other form touches no link that lives", async () => {
  const { world, session, server, network, events } = meet({ options });
  network.latency = 300;
  await world.until(() => session.state === "live");
  server.verdict = { kind: "refuse", json: { code: 4705, reason: "" } };
  await world.pass(10_000);
  assert.equal(network.requests.filter(isText).length, 1);
  assert.equal(events.filter(({ type }) => type === "transport").length, 1);
  assert.equal(session.state, "live");
});

test("where POSTs get through, none goes as text", async () => {
  const { world, network } = await live({ options });
  await world.pass(60_000);
  assert.ok(network.requests.length > 2 && !network.requests.some(isText));
});

test("the form that works is remembered, and the other one tried where it works no more", async () => {
  const storage = memory();
  const { world, session, network } = meet({ faults: { post: "hung" }, options: { ...options, storage } });
  await world.until(() => session.state === "live");
  const before = network.requests.length;
  const second = open(network, { ...options, storage });
  await world.until(() => second.session.readyState === 1, 100);
  assert.ok(network.requests.slice(before).every(isText));
  Object.assign(network, { post: undefined, text: "hung" });
  const third = open(network, { ...options, storage });
  await world.until(() => third.session.readyState === 1, 600);
  assert.equal(third.session.verdicts.long_poll.evidence, "");
});

test("a session goes on when its network begins to swallow POSTs, and when it ceases to", async () => {
  const { world, session, server, network } = await live({ options });
  network.post = "hung";
  network.cut();
  session.send("one");
  await world.until(() => server.session.received.length === 1, 2000);
  Object.assign(network, { post: undefined, text: "unavailable" });
  network.cut();
  session.send("two");
  await world.until(() => server.session.received.length === 2, 2000);
  assert.deepEqual(server.session.received, ["one", "two"]);
});

// spec: ATT-7
test("no two addresses are alike, none tells of the session, and the header stays short", async () => {
  let random = 0;
  const { world, session, server, network } = meet({
    faults: { post: "hung" },
    options,
    random: () => ++random / 1000,
  });
  await world.until(() => session.state === "live");
  for (let number = 0; number < 100; number++) session.send(`${number} ${"x".repeat(200)}`);
  await world.until(() => server.session.received.length === 100);
  const gets = network.requests.filter(isText);
  assert.equal(new Set(gets.map(({ url }) => url)).size, gets.length);
  for (const { url, headers, cache } of gets) {
    assert.match(url, /^http:\/\/server\.test\/realtime\/poll\?[\d.]+$/);
    assert.ok(!url.includes(SECRET));
    assert.ok(headers.throughline.length <= 4000, `${headers.throughline.length} characters`);
    assert.equal(cache, "no-store");
  }
});

for (const [title, faults] of Object.entries({
  "only headers get through": { post: "hung" },
  "long headers do not get through, and long bodies do": {
    text: (body) => (body.length > 6000 ? "unavailable" : undefined),
    post: (body) => (body.length < 6000 ? "unavailable" : undefined),
  },
})) {
  test(`a message too long for one short header arrives where ${title}`, async () => {
    const { world, session, server } = meet({ faults, options });
    await world.until(() => session.state === "live");
    session.send("x".repeat(20_000));
    session.send("short");
    await world.until(() => server.session.received.length === 2);
    assert.deepEqual(
      server.session.received.map(({ length }) => length),
      [20_000, 5],
    );
  });
}

test("the text form is not for ever: it is given up soon after POSTs get through again", async () => {
  const storage = memory();
  const { world, session, network } = meet({ faults: { post: "hung" }, options: { ...options, storage } });
  await world.until(() => session.state === "live");
  network.post = undefined;
  for (let visit = 0; visit < 4; visit++) {
    await world.pass(180_000);
    const { session } = open(network, { ...options, storage });
    await world.until(() => session.state === "live");
    session.close();
  }
  assert.ok(!isText(network.requests.at(-1)));
});

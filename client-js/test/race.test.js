// Which transport is tried when, what is concluded from it, and what is done when all fail.

import assert from "node:assert/strict";
import test from "node:test";
import { memory } from "./support/network.js";
import { SECRET } from "./support/server.js";
import { meet, open } from "./support/session.js";

const moves = (events) => events.filter(({ type }) => type === "transport").map(({ detail }) => detail.to);

test("where everything works the session opens over polls, and a WebSocket takes over a round trip later", async () => {
  const { world, session, server, network, events } = meet();
  await world.until(() => session.readyState === 1, 10);
  await world.pass(60);
  assert.deepEqual(moves(events), ["long_poll", "websocket"]);
  assert.equal(network.requests.length, 3, "a hello, a first poll and one that was held");
  await world.pass(20_000);
  assert.equal(network.requests.length, 3, "and none since");
  assert.equal(session.verdicts.websocket.verdict, "works");
  const begun = [...server.sessions.values()].filter(({ starts }) => starts);
  assert.equal(begun.length, 1);
});

test("the first poll beside a first message is held, so that it can bring what the message brings about", async () => {
  const { world, session, network } = meet({ options: { transports: ["long_poll"], queue: 1000 } });
  session.send("a question");
  await world.pass(1000);
  assert.equal(network.requests.length, 3, "a hello, the message and one poll");
});

test("a first message that gets lost on its way up is not taken for a transport that is mute", async () => {
  const { world, session, network, events } = meet({ options: { transports: ["long_poll"], queue: 1000 } });
  let hung = 0;
  network.post = network.text = (body) =>
    Buffer.from(body).includes("a question") && hung++ === 0 ? "hung" : undefined;
  session.send("a question");
  await world.until(() => hung > 1, 60_000);
  const whys = events.filter(({ type }) => type === "transport").map(({ detail }) => detail.why);
  assert.deepEqual(whys.filter(Boolean), ["up"]);
});

for (const how of ["refused", "hung", "muted", "deafened", "throws"]) {
  test(`where WebSocket is ${how} the session is open over polls within half a second`, async () => {
    const { world, session } = meet({ faults: { websocket: how } });
    await world.until(() => session.readyState === 1, 500);
    assert.equal(session.transport, "long_poll");
  });
}

test("a WebSocket whose first frame gets lost takes over from polls with a repeated hello", async () => {
  let lost = 0;
  const befalls = (what, { kind } = {}) => (what === "up" && kind === "hello" && lost++ === 0 ? "lost" : undefined);
  const { world, server, events } = meet({ faults: { befalls } });
  await world.until(() => moves(events).length === 2, 1100);
  assert.deepEqual(moves(events), ["long_poll", "websocket"]);
  assert.deepEqual(
    [...server.sessions.values()].map(({ starts }) => starts),
    [1],
    "one session, one handler",
  );
});

test("without a WebSocket constructor the verdict is absent and HTTP carries on", async () => {
  const { world, session, events } = meet({ options: { WebSocket: null } });
  await world.until(() => session.readyState === 1);
  await world.pass(120_000);
  assert.deepEqual(moves(events), ["long_poll"]);
  assert.equal(session.verdicts.websocket.verdict, "absent");
});

for (const [how, verdict] of [
  ["refused", "refused"],
  ["hung", "hung"],
  ["muted", "muted"],
]) {
  test(`a WebSocket that is ${how} is called ${verdict}, with evidence and an expiry`, async () => {
    const { world, session } = meet({ faults: { websocket: how } });
    await world.until(() => session.verdicts.websocket.verdict !== "unknown");
    const { websocket } = session.verdicts;
    assert.equal(websocket.verdict, verdict);
    assert.ok(websocket.evidence);
    assert.ok(websocket.expires > world.date());
  });
}

test("a WebSocket that goes mute once it has begun is given up for polls", async () => {
  const befalls = (what, { kind } = {}) => (what === "up" && kind !== "hello" ? "lost" : undefined);
  const { world, session, server, events } = meet({ faults: { befalls } });
  await world.until(() => moves(events).length === 2, 100);
  session.send("patience");
  await world.until(() => server.session?.received.length === 1, 12_000);
  assert.equal(session.transport, "long_poll");
  assert.equal(session.verdicts.websocket.verdict, "muted");
});

test("a WebSocket that begins to swallow what is sent is given up when acknowledgements are due, whatever comes down", async () => {
  const { world, session, server, network, events, messages } = meet();
  await world.until(() => session.transport === "websocket");
  await world.pass(100);
  network.befalls = (what) => (what === "up" ? "lost" : undefined);
  const sentAt = world.now();
  session.send("up");
  for (let count = 1; server.session.received.length === 0; count++) {
    server.send(server.session, { kind: "text", text: `${count}` });
    await world.pass(1000);
    assert.equal(messages.length, count);
  }
  assert.ok(world.now() - sentAt <= 12_000, `${world.now() - sentAt} ms`);
  assert.equal(session.transport, "long_poll");
  assert.ok(events.some(({ detail }) => detail?.why === "unheard"));
});

test("what the server's begin acknowledges is not waited for", async () => {
  const { world, session, server, events } = meet({ options: { transports: ["websocket"], queue: 100 } });
  session.send("hello");
  await world.until(() => server.session?.generation);
  server.session.connection.send({ kind: "begin", generation: 1, received: 1, ack: 1, first: 1 });
  await world.pass(15_000);
  assert.deepEqual(moves(events), ["websocket"]);
});

test("a long message on a slow line is waited for", async () => {
  const { world, session, server, network, events } = meet({ options: { transports: ["websocket"] } });
  await world.until(() => session.state === "live");
  network.latency = 7000;
  session.send("x".repeat(60_000));
  await world.until(() => session.bufferedAmount === 0);
  assert.equal(moves(events).length, 1);
  assert.equal(server.session.received.length, 1);
});

test("failures while everything fails do not count", async () => {
  const { world, session, network } = meet({ faults: { websocket: "refused", http: "refused" } });
  await world.pass(20_000);
  assert.equal(session.verdicts.websocket.verdict, "unknown");
  assert.equal(session.verdicts.long_poll.verdict, "unknown");
  Object.assign(network, { websocket: "works", http: "works" });
  await world.until(() => session.readyState === 1);
});

test("a bad verdict is proved anew in the background, and forgives", async () => {
  const { world, session, network, events } = meet({ faults: { websocket: "refused" } });
  await world.until(() => session.readyState === 1);
  network.websocket = "works";
  await world.until(() => session.verdicts.websocket.verdict === "works");
  assert.deepEqual(moves(events), ["long_poll", "websocket"]);
});

test("each further failure in a row holds twice as long", async () => {
  const { world, session, network } = meet({ faults: { websocket: "refused" } });
  await world.pass(600_000);
  assert.ok(network.handshakes > 3 && network.handshakes < 12, `${network.handshakes} handshakes in ten minutes`);
  assert.equal(session.transport, "long_poll");
});

test("verdicts are remembered for the origin, and change the order of the next race", async () => {
  const storage = memory();
  const { world, session, network } = meet({ faults: { websocket: "hung" }, options: { storage } });
  await world.until(() => session.verdicts.websocket.verdict === "hung");
  const [[key, value]] = storage.items;
  assert.match(key, /http:\/\/server\.test/);
  assert.doesNotMatch(value, /00112233|n1\.s/, "neither secrets nor sessions");
  const started = network.handshakes;
  const second = open(network, { storage });
  await world.until(() => second.session.readyState === 1, 100);
  assert.equal(second.session.transport, "long_poll");
  assert.equal(network.handshakes, started, "the user did not wait for a WebSocket");
});

test("a verdict that cannot be read or written is no more than unknown", async () => {
  const storage = { getItem: () => "{", setItem: () => assert.fail("full") };
  const { world, session } = meet({ options: { storage } });
  await world.until(() => session.readyState === 1);
});

test("back-off grows with full jitter up to its cap, and ends when a number advances", async () => {
  const { world, session, network } = meet({ options: { transports: ["websocket"] } });
  await world.until(() => session.readyState === 1);
  network.websocket = "refused";
  network.cut();
  await world.pass(300_000);
  const failures = network.handshakes;
  assert.ok(failures > 10 && failures < 40, `${failures} handshakes in five minutes`);
  network.websocket = "works";
  await world.until(() => session.state === "live");
  session.send("progress");
  await world.pass(1000);
  network.cut();
  await world.until(() => session.state === "live", 100);
});

test("back-off waits from nothing to the whole of its step, as chance has it", async () => {
  for (const [random, least, most] of [
    [0, 0, 20],
    [0.999, 1500, 30_000],
  ]) {
    const { world, session, network } = meet({ options: { transports: ["websocket"] }, random: () => random });
    await world.until(() => session.readyState === 1);
    network.websocket = "refused";
    network.cut();
    const tried = network.handshakes;
    await world.until(() => network.handshakes === tried + 4);
    const before = world.now();
    await world.until(() => network.handshakes === tried + 5);
    const waited = world.now() - before;
    assert.ok(waited >= least && waited <= most, `random ${random}: ${waited} ms`);
  }
});

test("a server at capacity is asked again when it said", async () => {
  const { world, session, server } = meet({ options: { transports: ["websocket"] } });
  server.verdict = { kind: "refuse", json: { code: 4503, reason: "", retry_after: 20_000 } };
  await world.pass(19_000);
  const asked = server.hellos.length;
  assert.ok(asked <= 2);
  server.verdict = undefined;
  await world.until(() => session.readyState === 1, 3000);
});

test("`use` moves a live session to one transport and back", async () => {
  const { world, session, events } = meet();
  const order = ["long_poll", "periodic", "websocket", "periodic", "long_poll", "websocket"];
  await world.until(() => session.transport === "websocket");
  for (const transport of order) {
    session.use(transport);
    await world.until(() => session.transport === transport, 1000);
  }
  session.use(null);
  assert.deepEqual(moves(events), ["long_poll", "websocket", ...order]);
  assert.equal(session.readyState, 1);
});

test("while the forced transport does not work, the old one carries on", async () => {
  const { world, session, network } = meet({ faults: { websocket: "hung" } });
  await world.until(() => session.readyState === 1);
  session.use("websocket");
  await world.pass(60_000);
  assert.equal(session.transport, "long_poll");
  network.websocket = "works";
  await world.until(() => session.transport === "websocket", 120_000);
});

test("a hold that a proxy cuts is shortened until it fits", async () => {
  const { world, session, network } = meet({
    faults: { cutAfter: 15_000 },
    options: { transports: ["long_poll", "periodic"] },
  });
  await world.pass(120_000);
  assert.equal(session.transport, "long_poll");
  const before = network.requests.length;
  await world.pass(120_000);
  assert.ok(network.requests.length - before < 15, `${network.requests.length - before} requests in two minutes`);
});

test("a WebSocket that a proxy cuts when it is idle is kept busy, and cut hardly ever", async () => {
  const { world, session, events } = meet({ faults: { cutIdle: 5000 }, options: { transports: ["websocket"] } });
  await world.until(() => session.state === "live");
  await world.pass(600_000);
  const cuts = events.filter(({ type }) => type === "resume");
  assert.ok(cuts.length > 0 && cuts.length < 6, `cut ${cuts.length} times in ten minutes`);
});

test("a link that a probe finds dead is not taken for one that was cut because it was idle", async () => {
  const { world, session, network } = meet({ options: { transports: ["websocket"] } });
  await world.until(() => session.state === "live");
  await world.pass(10_000);
  for (const socket of network.sockets) socket.send = () => {};
  network.page.dispatchEvent(new Event("online"));
  await world.pass(3000);
  let pings = 0;
  network.befalls = (what, { kind } = {}) => void (what === "up" && kind === "ping" && pings++);
  await world.pass(15_000);
  assert.equal(pings, 0);
});

test("an idle session whose holds are cut is hardly ever without a link", async () => {
  for (const cutAfter of [5000, 15_000]) {
    const { world, session, events } = meet({
      faults: { cutAfter },
      options: { transports: ["long_poll", "periodic"] },
      random: () => 0.9,
    });
    await world.until(() => session.state === "live");
    await world.pass(1_800_000);
    const away = events.filter(({ type }) => type === "resume").map(({ detail }) => detail.away);
    assert.ok(away.length > 0, "a hold was cut at times");
    assert.ok(Math.max(...away) < 1000, `cut at ${cutAfter}: ${away}`);
    assert.equal(session.state, "live");
  }
});

// spec: NET-2
test("where long bodies vanish without a word, less is asked for and sent until all gets through", async () => {
  const { world, session, server, network, messages } = meet({ options: { transports: ["long_poll"] } });
  await world.until(() => session.state === "live");
  network.befalls = (what, number) =>
    what === "request" && network.requests[number - 1].body.length > 3000 ? "hung" : undefined;
  for (let number = 0; number < 100; number++) session.send(`${number} ${"x".repeat(500)}`);
  await world.until(() => server.session.received.length === 100, 600_000);
  assert.deepEqual(
    server.session.received.map((text) => Number.parseInt(text, 10)),
    [...Array(100).keys()],
  );
  assert.equal(messages.length, 0);
});

test("where even short holds are cut periodic polling takes over, and slows down while nothing happens", async () => {
  const { world, session, network } = meet({ faults: { cutAfter: 2000 }, options: { WebSocket: null } });
  await world.pass(60_000);
  assert.equal(session.verdicts.long_poll.verdict, "cut");
  const before = network.requests.length;
  await world.until(() => session.transport === "periodic", 5000);
  await world.pass(4000);
  assert.ok(network.requests.length - before < 30);
});

// spec: NET-3, END-4
test("a redirect, a page of someone else and an error are not followed, applied or believed", async () => {
  for (const how of ["redirect", "portal", "unavailable", "truncated"]) {
    const { world, session, network } = meet({ faults: { http: how }, options: { WebSocket: null } });
    await world.pass(5000);
    assert.equal(session.readyState, 0, how);
    assert.ok(network.requests.length > 1 && network.requests.every(({ redirect }) => redirect === "manual"), how);
    network.http = "works";
    await world.until(() => session.readyState === 1);
  }
});

// spec: ATT-7
test("requests need no preflight, no cache and no cookie", async () => {
  const { world, session, network } = meet({ options: { transports: ["long_poll"] } });
  await world.until(() => session.state === "live" && network.requests.length > 2);
  for (const { method, headers, cache, credentials, body, url } of network.requests) {
    assert.deepEqual([method, headers, cache, credentials], ["POST", undefined, "no-store", undefined]);
    assert.ok(body instanceof Uint8Array);
    assert.equal(url, "http://server.test/realtime/poll");
  }
});

// spec: ATT-7
test("no URL and nothing that is stored tells of the session", async () => {
  const storage = memory();
  const { world, session, server, network } = meet({ options: { storage } });
  await world.until(() => session.state === "live");
  network.cut();
  await world.pass(60_000);
  const urls = [...network.sockets].map(({ url }) => url);
  assert.deepEqual([...new Set(urls)], ["ws://server.test/realtime/websocket"]);
  const stored = JSON.stringify([...storage.items]);
  assert.ok(stored.includes("works"), "verdicts are stored");
  for (const hidden of [SECRET, server.session.id]) assert.ok(!stored.includes(hidden), stored);
});

// The public face: the shape and the manners of the standard WebSocket, and what goes beyond it.

import assert from "node:assert/strict";
import test from "node:test";
import { live, meet, of, SendError, Session } from "./support/session.js";

const echo = { onMessage: () => {} };

test("constants, members and defaults are those of WebSocket", () => {
  const { session } = meet();
  const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
  for (const [name, value] of Object.entries(constants)) {
    assert.equal(Session[name], value);
    assert.equal(session[name], value);
  }
  const { readyState, protocol, extensions, bufferedAmount, onopen, onmessage, onerror, onclose } = session;
  assert.deepEqual([readyState, protocol, extensions, bufferedAmount], [0, "", "", 0]);
  assert.deepEqual([onopen, onmessage, onerror, onclose], [null, null, null, null]);
  assert.ok(session instanceof EventTarget);
});

test("ws and wss addresses become http and https, relative ones take the page's", () => {
  const { network } = meet();
  const url = (given) => new Session(given, network.options).url;
  assert.equal(url("ws://a.test/x"), "http://a.test/x");
  assert.equal(url("wss://a.test/x?y=1#z"), "https://a.test/x?y=1");
  assert.throws(() => url("ftp://a.test/"), { name: "SyntaxError" });
  globalThis.location = { href: "https://page.test/app/" };
  assert.equal(url("/realtime"), "https://page.test/realtime");
  assert.equal(url("realtime"), "https://page.test/app/realtime");
  delete globalThis.location;
});

test("an option that is undefined is as good as absent", () => {
  const { network } = meet();
  const session = new Session("http://a.test/x", { ...network.options, transports: undefined });
  assert.equal(session.readyState, 0);
});

test("endpoints lie below the address, before its query", async () => {
  const { world, network } = meet();
  const urls = [];
  const WebSocket = class {
    constructor(url) {
      urls.push(url);
    }
    close() {}
  };
  new Session("https://a.test/x/?y=1", { ...network.options, WebSocket });
  await world.pass(300);
  assert.deepEqual(urls, ["wss://a.test/x/websocket?y=1"]);
  assert.equal(network.requests.at(-1).url, "https://a.test/x/poll?y=1");
});

test("a WebSocket constructor's arguments are understood: address, protocols", async () => {
  const { world, network } = meet();
  const session = new Session("http://server.test/realtime", ["chat", "log"], network.options);
  await world.until(() => session.readyState === 1);
  assert.deepEqual(network.server.hellos.at(-1).protocols, ["chat", "log"]);
  assert.equal(session.protocol, "chat");
});

test("no event is fired inside the constructor or a call", async () => {
  const { world, session, events } = meet();
  session.close();
  assert.equal(session.readyState, 2);
  assert.deepEqual(events, []);
  await world.settle();
  assert.deepEqual(
    of(events, "close").map(({ code, wasClean }) => [code, wasClean]),
    [[1006, false]],
  );
  assert.equal(session.readyState, 3);
});

test("handlers and listeners are both called, handlers with the session as `this`", async () => {
  const { world, session } = meet();
  const calls = [];
  session.onopen = function (event) {
    calls.push(["handler", this === session, event.type]);
  };
  session.addEventListener("open", () => calls.push(["listener"]));
  await world.until(() => session.readyState === 1);
  assert.deepEqual(calls.sort(), [["handler", true, "open"], ["listener"]]);
});

test("send before the first open throws, unless there is a queue", async () => {
  const { session } = meet();
  assert.throws(() => session.send("early"), { name: "InvalidStateError" });
  const queued = meet({ options: { queue: 100 } });
  queued.session.send("early");
  assert.equal(queued.session.bufferedAmount, 5);
  await queued.world.until(() => queued.server.session?.received.length === 1);
  assert.deepEqual(queued.server.session.received, ["early"]);
});

test("a full queue throws an error with a stable code, and sends nothing", async () => {
  const { world, session, server } = meet({ options: { queue: 40 } });
  session.send("12345678");
  assert.throws(
    () => session.send("123456789"),
    (error) => error instanceof SendError && error.code === "queue_full",
  );
  await world.until(() => session.bufferedAmount === 0);
  assert.deepEqual(server.session.received, ["12345678"]);
});

test("a full window throws as well, and room comes back with acknowledgements", async () => {
  const { world, session } = await live({ server: { limits: { message: 64, window: 100 } } });
  session.send(new Uint8Array(64));
  assert.throws(() => session.send("x".repeat(10)), { name: "SendError", code: "queue_full" });
  await world.until(() => session.bufferedAmount === 0);
  session.send("x".repeat(10));
});

// spec: FLW-1
test("a queue larger than the window sends no more than the window allows", async () => {
  const { world, session, server } = meet({
    options: { queue: 10_000 },
    server: { limits: { message: 64, window: 100 } },
  });
  for (let index = 0; index < 50; index++) session.send(`${index}`);
  let most = 0;
  await world.until(() => {
    const { up } = session.stats;
    most = Math.max(most, up.sent - up.ack);
    return server.session?.received.length === 50;
  });
  assert.ok(most <= 5, `${most} messages of 17 or 18 bytes were outstanding in a window of 100`);
  assert.deepEqual(
    server.session.received,
    Array.from({ length: 50 }, (_, index) => `${index}`),
  );
});

test("a message over the server's limit throws and is not numbered", async () => {
  const { session } = await live({ server: { limits: { message: 4 } } });
  assert.throws(() => session.send("ééé"), { name: "SendError", code: "message_too_large" });
  assert.equal(session.bufferedAmount, 0);
});

test("a queued message that turns out too long ends the session, and nothing was sent", async () => {
  const { world, session, events } = meet({ options: { queue: 100 }, server: { limits: { message: 4 } } });
  session.send("12345");
  await world.until(() => session.readyState === 3);
  const [{ code, fates }] = of(events, "close");
  assert.equal(code, 4706);
  assert.deepEqual(
    fates.map(({ fate }) => fate),
    ["lost"],
  );
});

for (const transport of ["websocket", "long_poll", "periodic"]) {
  test(`text and every kind of bytes arrive unchanged and in order over ${transport}`, async () => {
    const { world, session, server } = await live({ options: { transports: [transport] } });
    const bytes = new Uint8Array([0, 255, 10, 128]);
    session.send("text \u{1f600} \0");
    session.send(bytes);
    session.send(bytes.buffer);
    session.send(new DataView(bytes.buffer, 1, 2));
    session.send(new Blob([bytes]));
    session.send("");
    session.send(new Uint8Array());
    session.send(7);
    bytes.fill(1);
    await world.until(() => server.session.received.length === 8);
    const expected = [
      "text \u{1f600} \0",
      [0, 255, 10, 128],
      [0, 255, 10, 128],
      [255, 10],
      [0, 255, 10, 128],
      "",
      [],
      "7",
    ];
    assert.deepEqual(
      server.session.received.map((data) => (typeof data === "string" ? data : [...data])),
      expected,
    );
  });

  test(`messages come as text, ArrayBuffer or Blob over ${transport}`, async () => {
    const { world, session, server, messages } = await live({ options: { transports: [transport] } });
    const seen = [];
    session.onmessage = ({ data }) => seen.push(data);
    server.send(server.session, { kind: "text", text: "text" });
    server.send(server.session, { kind: "binary", hex: "00ff" });
    await world.until(() => seen.length === 2);
    assert.deepEqual(messages, ["text", Buffer.from("00ff", "hex")]);
    assert.equal(seen[1].constructor, ArrayBuffer);
    session.binaryType = "blob";
    server.send(server.session, { kind: "binary", hex: "0a" });
    await world.until(() => seen.length === 3);
    assert.deepEqual([...new Uint8Array(await seen[2].arrayBuffer())], [10]);
  });

  test(`an orderly close comes after everything sent before it over ${transport}`, async () => {
    const { world, session, server, events } = await live({ options: { transports: [transport] } });
    for (let index = 0; index < 10; index++) session.send(`${index}`);
    session.close(3001, "done");
    await world.until(() => session.readyState === 3);
    const [{ code, reason, wasClean, retry, fates }] = of(events, "close");
    assert.deepEqual([code, reason, wasClean, retry, fates], [3001, "done", true, false, []]);
    assert.equal(server.session.received.length, 10);
    assert.equal(of(events, "error").length, 0);
    await world.pass(100);
    assert.equal(server.session.end, 3001, "the server knows that we have its close");
  });

  test(`the server's close is delivered after its messages over ${transport}`, async () => {
    const { world, session, server, events, messages } = await live({ options: { transports: [transport] } });
    server.send(server.session, { kind: "text", text: "last" });
    server.close(server.session, 3002, "bye");
    await world.until(() => session.readyState === 3);
    assert.deepEqual(messages, ["last"]);
    assert.deepEqual(
      of(events, "close").map(({ code, reason }) => [code, reason]),
      [[3002, "bye"]],
    );
  });

  test(`an abort of the retry band tells the fates and is not followed by a new session over ${transport}`, async () => {
    const { world, session, server, events, network } = await live({ options: { transports: [transport] } });
    server.abort(server.session, 4500, { retry_after: 700 });
    await world.until(() => session.readyState === 3);
    const [{ code, retry, retryAfter, wasClean }] = of(events, "close");
    assert.deepEqual([code, retry, retryAfter, wasClean], [4500, true, 700, false]);
    assert.equal(of(events, "error").length, 1);
    const before = [network.handshakes, network.requests.length];
    await world.pass(300_000);
    assert.deepEqual([network.handshakes, network.requests.length], before);
  });

  test(`a token is refreshed before it expires, without a new link, over ${transport}`, async () => {
    let asked = 0;
    const token = async () => `t${++asked}`;
    const { world, session, server } = meet({ options: { transports: [transport], token } });
    server.expires_in = 10_000;
    await world.until(() => session.state === "live");
    assert.equal(server.hellos[0].token, "t1");
    await world.pass(20_000);
    assert.deepEqual(server.session.tokens, ["t2", "t3"]);
    assert.equal(server.session.generation, 1);
  });

  test(`a session survives a cut of the network over ${transport}, and says how it went on`, async () => {
    const { world, session, server, network, events, messages } = await live({ options: { transports: [transport] } });
    session.send("before");
    await world.pass(1000);
    session.send("while away");
    await world.settle();
    network.cut();
    server.send(server.session, { kind: "text", text: "missed" });
    await world.until(() => of(events, "resume").length === 1);
    await world.until(() => messages.length === 1 && server.session.received.length === 2);
    const { detail } = of(events, "resume")[0];
    assert.ok(detail.away >= 0);
    assert.equal(detail.transport, transport);
    assert.equal(session.readyState, 1);
    assert.deepEqual(of(events, "open").length, 1);
    assert.deepEqual(server.session.received, ["before", "while away"]);
  });
}

test("close takes the codes and reasons of WebSocket, up to 4499 and 123 bytes", async () => {
  const { session } = await live();
  for (const code of [0, 999, 1001, 2999, 4500, 4710])
    assert.throws(() => session.close(code), { name: "InvalidAccessError" });
  assert.throws(() => session.close(1000, "é".repeat(62)), { name: "SyntaxError" });
  session.close(4499, "é".repeat(61));
  session.close(3000);
  assert.equal(session.readyState, 2);
});

test("after the end, and while closing, send counts what it ignores", async () => {
  const { world, session, server } = await live();
  session.close();
  session.send("ignored");
  assert.equal(session.bufferedAmount, 7);
  await world.until(() => session.readyState === 3);
  session.send("more");
  assert.equal(session.bufferedAmount, 11);
  assert.deepEqual(server.session.received, []);
});

test("bufferedAmount counts bytes until the server's application has taken them", async () => {
  const { world, session } = await live();
  session.send("é");
  session.send(new Uint8Array(3));
  assert.equal(session.bufferedAmount, 5);
  await world.until(() => session.bufferedAmount === 0);
});

test("a token may be text, and a callback that fails is no verdict", async () => {
  const text = await live({ options: { token: "abc" } });
  assert.equal(text.server.hellos[0].token, "abc");
  const failing = meet({ options: { token: async () => Promise.reject(new Error("down")) } });
  await failing.world.until(() => failing.session.readyState === 3);
  assert.deepEqual(
    of(failing.events, "close").map(({ code, retry }) => [code, retry]),
    [[4507, true]],
  );
});

test("a token callback that never answers is no wait for ever", async () => {
  const { world, session, events } = meet({ options: { token: () => new Promise(() => {}) } });
  await world.until(() => session.readyState === 3, 10_000);
  assert.equal(of(events, "close")[0].code, 4507);
});

test("a token that may have expired is asked for before a reconnect", async () => {
  let asked = 0;
  const { world, session, server, network } = meet({
    options: { transports: ["websocket"], token: () => `t${++asked}` },
  });
  server.expires_in = 60_000;
  await world.until(() => session.state === "live");
  network.websocket = "refused";
  network.cut();
  await world.pass(100_000);
  network.websocket = "works";
  await world.until(() => session.state === "live");
  assert.notEqual(server.hellos.at(-1).token, "t1");
});

// spec: COD-1
test("a final refusal ends the session, and nothing is tried again", async () => {
  const { world, session, server, events } = meet();
  server.verdict = { kind: "refuse", json: { code: 4705, reason: "who are you" } };
  await world.until(() => session.readyState === 3);
  assert.deepEqual(
    of(events, "close").map(({ code, reason, retry }) => [code, reason, retry]),
    [[4705, "who are you", false]],
  );
  await world.pass(100_000);
  assert.ok(server.hellos.length <= 2, "one over each kind of link");
});

test("an abort signal ends the session at once, also before it began", async () => {
  const controller = new AbortController();
  const { world, session, server, events } = await live({ options: { signal: controller.signal } });
  controller.abort();
  await world.until(() => server.session.end);
  assert.equal(session.readyState, 3);
  assert.equal(server.session.end, 4710);
  assert.deepEqual(
    of(events, "close").map(({ code }) => code),
    [4710],
  );
  const early = meet({ options: { signal: AbortSignal.abort() } });
  await early.world.until(() => early.session.readyState === 3);
  assert.equal(early.network.handshakes, 0);
});

test("states follow each other as the session goes", async () => {
  const { world, session, network, events } = meet({ options: { transports: ["websocket"] } });
  await world.until(() => session.state === "live");
  network.websocket = "refused";
  network.cut();
  await world.until(() => session.state === "waiting");
  network.websocket = "works";
  await world.until(() => session.state === "live");
  session.close();
  await world.until(() => session.state === "closed");
  const states = of(events, "state").map(({ detail }) => detail);
  assert.equal(states[0], "live");
  assert.ok(states.includes("waiting") && states.includes("connecting"));
  assert.deepEqual(states.slice(-2), ["closing", "closed"]);
});

test("a transport event says from where, where to and why", async () => {
  const { world, session, network, events } = await live({ options: { transports: ["websocket"] } });
  await world.pass(5000);
  network.cut();
  await world.until(() => of(events, "transport").length === 3);
  const [first, second, third] = of(events, "transport").map(({ detail }) => detail);
  assert.deepEqual([first.from, first.to], [null, "websocket"]);
  assert.deepEqual(second, { from: "websocket", to: null, why: "closed 1006" });
  assert.deepEqual([third.from, third.to], [null, "websocket"]);
  assert.deepEqual([first.why, third.why], [undefined, undefined]);
  session.close();
  await world.until(() => session.readyState === 3);
  assert.deepEqual(of(events, "transport").at(-1).detail, { from: "websocket", to: null, why: "closed" });
});

test("stats tell numbers and cursors", async () => {
  const { world, session, server } = await live({ options: { transports: ["long_poll"] } });
  session.send("up");
  server.send(server.session, { kind: "text", text: "down" });
  await world.pass(100);
  const { up, down } = session.stats;
  assert.deepEqual([up.sent, up.received, up.ack, down.received], [1, 1, 1, 1]);
});

test("an ended session leaves no timer and no listener behind", async () => {
  const page = new EventTarget();
  const { world, session, events } = await live({ options: { page } });
  session.close();
  await world.until(() => session.readyState === 3);
  const count = events.length;
  page.dispatchEvent(new Event("online"));
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: false }));
  await world.pass(100_000);
  assert.equal(events.length, count);
});

test("a WebSocket library's constructor slot takes a Session", async () => {
  const { world, network } = meet({ server: echo });
  class Configured extends Session {
    constructor(url, protocols) {
      super(url, protocols ?? [], network.options);
    }
  }
  const socket = new Configured("ws://server.test/realtime");
  socket.binaryType = "arraybuffer";
  await new Promise((resolve) => {
    socket.onopen = resolve;
    world.pass(100);
  });
  assert.equal(socket.readyState, socket.OPEN);
  socket.send("x");
  socket.close(1000, "bye");
  await world.until(() => socket.readyState === Configured.CLOSED);
});

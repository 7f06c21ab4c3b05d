// A manager: what shares a session, where it goes, and what happens when it is lost.

import assert from "node:assert/strict";
import test from "node:test";
import { client, connected, io, listen, Manager, meet, names, open, Socket, sessions } from "./support.js";

/** The address of the last WebSocket that was tried. */
const address = (network) => [...network.sockets].at(-1).url;

test("the exports are those of socket.io-client", () => {
  assert.deepEqual(Object.keys(client).sort(), ["Manager", "Socket", "connect", "default", "io", "protocol"]);
  assert.ok(client.default === io && client.connect === io && io.connect === io && io.io === io);
  assert.ok(io.Manager === Manager && io.Socket === Socket);
  assert.equal(client.protocol, 5);
});

test("the session is opened at the path, with the query", async () => {
  for (const [text, options, expected] of [
    ["", {}, "/socket.io/websocket"],
    ["/chat", {}, "/socket.io/websocket"],
    ["/chat?a=b", {}, "/socket.io/websocket?a=b"],
    ["", { path: "/realtime/" }, "/realtime/websocket"],
    ["?a=b", { path: "/realtime", query: { c: "d e" } }, "/realtime/websocket?c=d+e"],
    ["", { query: "x=y" }, "/socket.io/websocket?x=y"],
  ]) {
    const { world, network, host, options: place } = meet();
    const socket = io(`${host}${text}`, { ...place, ...options });
    await world.settle();
    assert.equal(address(network), `${host.replace("http", "ws")}${expected}`);
    socket.disconnect();
  }
});

test("the path of the url is the namespace", async () => {
  for (const [text, nsp] of [
    ["", "/"],
    ["/", "/"],
    ["/chat", "/chat"],
    ["/a/b?c=d#e", "/a/b"],
    ["/ж", "/ж"],
  ]) {
    const { host, options } = meet();
    assert.equal(io(`${host}${text}`, { ...options, autoConnect: false }).nsp, nsp);
    assert.equal(io(new URL(`${host}${text}`), { ...options, autoConnect: false }).nsp, nsp);
  }
});

test("an address without a scheme or a host is the page's", () => {
  const options = { ...meet().options, autoConnect: false };
  const location = Object.getOwnPropertyDescriptor(globalThis, "location");
  Object.defineProperty(globalThis, "location", {
    configurable: true,
    value: { href: "https://page.test/some/page?x" },
  });
  for (const [args, uri, nsp] of [
    [[], "https://page.test", "/"],
    [[options], "https://page.test", "/"],
    [["", options], "https://page.test", "/"],
    [["/chat", options], "https://page.test", "/chat"],
    [["other.test:8080/chat", options], "https://other.test:8080", "/chat"],
    [["//other.test", options], "https://other.test", "/"],
    [["ws://other.test", options], "ws://other.test", "/"],
  ]) {
    const socket = args.length ? io(...args) : io({ ...options, forceNew: true });
    assert.deepEqual([String(socket.io.uri), socket.nsp], [uri, nsp]);
  }
  if (location) Object.defineProperty(globalThis, "location", location);
  else delete globalThis.location;
});

test("namespaces of one origin and path share a session", async () => {
  const { world, socket, host, options, server, heard, say } = await connected();
  const chat = io(`${host}/chat`, options);
  const got = [];
  socket.on("a", () => got.push("/"));
  chat.on("a", () => got.push("/chat"));
  await world.until(() => chat.connected);
  chat.emit("b");
  say('2/chat,["a"]');
  say('2["a"]');
  say('2/other,["a"]');
  await world.pass(20);
  assert.deepEqual(got, ["/chat", "/"]);
  assert.deepEqual(heard, ["0", "0/chat,", '2/chat,["b"]']);
  assert.equal(chat.io, socket.io);
  socket.disconnect();
  await world.pass(100);
  assert.ok(chat.connected);
  chat.disconnect();
  await world.pass(1000);
  assert.deepEqual([server.session.end, sessions(server)], [1000, 1]);
});

test("who wants a session of its own gets one", async () => {
  const { socket, host, options } = await connected();
  const others = [
    io(host, options),
    io(`${host}/b`, { ...options, forceNew: true }),
    io(`${host}/b`, { ...options, multiplex: false }),
    io(`${host}/b`, { ...options, path: "/other" }),
  ];
  for (const other of others) assert.notEqual(other.io, socket.io);
  assert.equal(io(`${host}/b`, options).io, socket.io);
});

test("a manager gives the sockets of namespaces", async () => {
  const { world, host, options, server } = meet();
  const manager = new Manager(host, options);
  const told = listen(manager);
  const sockets = [manager.socket("/"), manager.socket("/b", { auth: { token: 1 } })];
  assert.equal(manager.socket("/"), sockets[0]);
  await world.until(() => sockets.every(({ connected }) => connected));
  assert.deepEqual(told, [["open"]]);
  const heard = sockets.map(listen);
  manager.close();
  assert.deepEqual(
    heard.map(([[, reason]]) => reason),
    ["forced close", "forced close"],
  );
  assert.deepEqual(told[1].slice(0, 2), ["close", "forced close"]);
  await world.pass(60_000);
  assert.equal(sessions(server), 1);
  sockets[1].connect();
  await world.until(() => sockets[1].connected);
  assert.equal(sockets[0].connected, false);
});

test("without autoConnect nothing is tried before it is asked for", async () => {
  const { world, host, options, network } = meet();
  const socket = io(host, { ...options, autoConnect: false });
  await world.pass(1000);
  assert.equal(network.handshakes + network.requests.length, 0);
  assert.equal(socket.active, false);
  assert.equal(socket.connect(), socket);
  await world.until(() => socket.connected);
});

test("transports are named as in Socket.IO, or as here", async () => {
  for (const [transports, tried] of [
    [["websocket"], "websocket"],
    [["polling"], "long_poll"],
    [["long_poll"], "long_poll"],
    [["periodic"], "periodic"],
    [["polling", "websocket", "webtransport"], "websocket"],
  ]) {
    const { socket } = await connected({ options: { transports } });
    assert.equal(socket.io.engine.transport, tried, String(transports));
  }
});

test("moving between transports is no loss", async () => {
  const { world, socket, told, network, heard, say } = await connected();
  const got = [];
  socket.on("a", (value) => got.push(value));
  network.cut();
  network.websocket = "refused";
  socket.emit("b", 1);
  say('2["a",1]');
  const answer = socket.emitWithAck("c");
  await world.until(() => heard.length === 3);
  say("30[2]");
  await world.pass(100);
  assert.equal(await answer, 2);
  assert.deepEqual([names(told), got, socket.io.engine.transport], [["connect"], [1], "long_poll"]);
});

test("a lost session is followed by a new one, in which every socket connects", async () => {
  const { world, socket, told, host, options, server, heard } = await connected();
  const chat = io(`${host}/chat`, options);
  await world.until(() => chat.connected);
  const manager = listen(socket.io);
  const pending = assert.rejects(socket.emitWithAck("a"), /^Error: socket has been disconnected$/);
  await world.pass(20);
  server.abort(server.session, 4502, { reason: "expired" });
  await world.until(() => !socket.connected);
  await pending;
  assert.deepEqual([socket.active, chat.active, chat.connected, socket.id], [true, true, false, undefined]);
  const [, [, reason, details]] = told;
  assert.deepEqual(
    [reason, details.reason, details.code, details.fates.length],
    ["transport close", "expired", 4502, 0],
  );
  socket.emit("b");
  await world.until(() => socket.connected && chat.connected);
  await world.pass(20);
  assert.deepEqual(heard.slice(3), ["0", "0/chat,", '2["b"]']);
  assert.equal(socket.recovered, false);
  assert.deepEqual(names(manager), ["close", "reconnect_attempt", "open", "reconnect"]);
  assert.deepEqual(manager.at(-1), ["reconnect", 1]);
});

test("while the loss of a session is told, no socket is connected, and what is emitted waits", async () => {
  const { world, socket, host, options, server, heard } = await connected();
  const chat = io(`${host}/chat`, options);
  await world.until(() => chat.connected);
  const seen = [];
  const note = () => seen.push(socket.connected || chat.connected);
  socket.io.on("close", note);
  socket.on("disconnect", () => chat.emit("a", note()));
  server.abort(server.session, 4502);
  await world.until(() => !socket.connected);
  await world.until(() => chat.connected);
  await world.pass(20);
  assert.deepEqual([seen, heard.slice(4)], [[false, false], ['2/chat,["a",2]']]);
});

test("a session that is over for good is not followed by another", async () => {
  for (const code of [4401, 4704, 1000]) {
    const { world, socket, told, server } = await connected();
    const manager = listen(socket.io);
    if (code === 1000) server.close(server.session);
    else server.abort(server.session, code);
    await world.pass(60_000);
    assert.deepEqual([names(told), socket.active], [["connect", "disconnect"], false], String(code));
    assert.deepEqual([names(manager), sessions(server)], [["close"], 1]);
    socket.connect();
    await world.until(() => socket.connected);
  }
});

test("who was not let in before a session is over hears of it", async () => {
  for (const [code, isRetried] of [
    [4401, false],
    [4502, true],
  ]) {
    const { world, socket, told, server, host, options } = await connected();
    const manager = listen(socket.io);
    let show;
    const chat = io(`${host}/chat`, options);
    const other = socket.io.socket("/late", { auth: (done) => (show = done) });
    const [heard, late] = [chat, other].map(listen);
    await world.until(() => chat.connected);
    server.abort(server.session, code, { reason: "expired" });
    await world.until(() => !chat.connected);
    const [[name, error]] = late;
    assert.deepEqual([name, error.message, error.cause.code], ["connect_error", "expired", code]);
    assert.deepEqual([other.active, late.length, names(heard)], [isRetried, 1, ["connect", "disconnect"]]);
    assert.deepEqual([names(told), names(manager)], [["connect", "disconnect"], ["close"]]);
    assert.ok(show);
  }
});

test("a refusal for good is told with its code", async () => {
  const met = meet();
  met.server.verdict = { kind: "refuse", json: { code: 4403, reason: "origin" } };
  const socket = io(met.host, met.options);
  const told = listen(socket);
  await met.world.pass(60_000);
  const [name, error] = told.at(-1);
  assert.deepEqual([name, error.message, error.cause.code, socket.active], ["connect_error", "origin", 4403, false]);
});

test("while nothing answers, it says so, and goes on", async () => {
  const { world, socket, told, network } = open({ faults: { websocket: "refused", http: "refused" } });
  const manager = listen(socket.io);
  await world.pass(5000);
  assert.ok(told.length > 1 && names(told).every((name) => name === "connect_error"));
  assert.equal(told[0][1].message, "transport error");
  assert.equal(manager[0][0], "error");
  assert.ok(socket.active);
  network.websocket = network.http = "works";
  await world.until(() => socket.connected);
});

test("while the application is asked for a token, nothing has failed", async () => {
  const { world, socket, told } = open({ options: { token: async () => "t" } });
  await world.until(() => socket.connected);
  assert.deepEqual(names(told), ["connect"]);
});

test("an aborted signal is the end, also of the attempts", async () => {
  const { world, socket, network } = open({ options: { signal: AbortSignal.abort() } });
  const manager = listen(socket.io);
  await world.pass(60_000);
  assert.deepEqual([manager, network.handshakes, socket.active], [[], 0, false]);
});

test("an attempt that takes too long is given up, and followed by others", async () => {
  const { world, socket, told, network } = open({
    faults: { websocket: "hung", http: "hung" },
    options: { timeout: 3000, reconnectionAttempts: 2 },
  });
  const manager = listen(socket.io);
  await world.pass(30_000);
  assert.deepEqual(names(manager), [
    "error",
    "reconnect_attempt",
    "error",
    "reconnect_error",
    "reconnect_attempt",
    "error",
    "reconnect_error",
    "reconnect_failed",
  ]);
  assert.deepEqual(
    told.map(([name, { message }]) => [name, message]),
    Array(3).fill(["connect_error", "timeout"]),
  );
  network.websocket = network.http = "works";
  socket.connect();
  await world.until(() => socket.connected);
});

test("an attempt may take for ever where that is asked for", async () => {
  const { world, told, socket } = open({ faults: { websocket: "hung", http: "hung" }, options: { timeout: false } });
  const manager = listen(socket.io);
  await world.pass(9000);
  assert.deepEqual([told, manager, socket.active], [[], [], true]);
});

test("without reconnection a lost session is the end, until connect is called", async () => {
  const { world, socket, told, server } = await connected({ options: { reconnection: false } });
  server.abort(server.session, 4502);
  await world.pass(60_000);
  assert.deepEqual(names(told), ["connect", "disconnect"]);
  socket.connect();
  await world.until(() => socket.connected);
});

test("the back-off doubles up to its bound, and is spread by chance", async () => {
  for (const [random, randomizationFactor, delays] of [
    [0, undefined, [1000, 2000, 4000, 5000, 5000]],
    [0.5, undefined, [500, 1000, 2000, 2500, 2500]],
    [1, undefined, [0, 0, 0, 0, 0]],
    [1, 0.5, [500, 1000, 2000, 2500, 2500]],
  ]) {
    const options = { timeout: 100, random: () => random, randomizationFactor };
    const { world, socket } = open({ faults: { websocket: "hung", http: "hung" }, options });
    const waits = [];
    let failedAt;
    socket.io.on("error", () => (failedAt = world.time));
    socket.io.on("reconnect_attempt", () => waits.push(world.time - failedAt));
    await world.until(() => waits.length === 5);
    assert.deepEqual(waits, delays);
  }
});

test("a server that names a pause gets it", async () => {
  const { world, socket, server } = await connected();
  const start = world.time;
  server.abort(server.session, 4500, { retry_after: 8000 });
  await world.until(() => !socket.connected);
  await world.until(() => socket.connected);
  assert.ok(world.time - start >= 8000);
});

test("who leaves while a session is awaited is not followed there", async () => {
  for (const when of ["disconnect", "reconnect_attempt"]) {
    const { world, socket, told, server } = await connected();
    (when === "disconnect" ? socket : socket.io).on(when, () => socket.disconnect());
    server.abort(server.session, 4502);
    await world.pass(60_000);
    assert.deepEqual([names(told), sessions(server), socket.active], [["connect", "disconnect"], 1, false], when);
  }
});

test("a new socket does not cut a pause short", async () => {
  const { world, socket, host, options, server, network } = await connected();
  server.abort(server.session, 4502);
  await world.until(() => !socket.connected);
  const tried = network.handshakes;
  const chat = io(`${host}/chat`, options);
  await world.pass(500);
  assert.equal(network.handshakes, tried);
  await world.until(() => chat.connected && socket.connected);
});

test("what is not a packet ends the session, and another begins", async () => {
  const { world, socket, told, say } = await connected();
  say("9");
  await world.until(() => !socket.connected);
  assert.deepEqual(told[1].slice(0, 2), ["disconnect", "parse error"]);
  say('2["a"]');
  await world.until(() => socket.connected);
  assert.equal(socket.id, "s2");
});

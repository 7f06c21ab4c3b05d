// A socket: events both ways, acknowledgements, and what happens around a connect.

import assert from "node:assert/strict";
import test from "node:test";
import { connected, io, listen, names, open, sessions } from "./support.js";

const TIMED_OUT = /^Error: operation has timed out$/;
const DISCONNECTED = /^Error: socket has been disconnected$/;

test("a socket connects, and knows its id", async () => {
  const { world, socket, told, heard } = open();
  assert.ok(socket.active && socket.disconnected && !socket.connected);
  await world.until(() => socket.connected);
  assert.equal(socket.id, "s1");
  assert.equal(socket.recovered, false);
  assert.deepEqual(told, [["connect"]]);
  assert.deepEqual(heard, ["0"]);
});

test("the connect takes no round trip more than the session", async () => {
  const { world, network, socket } = open();
  const start = world.time;
  await world.until(() => socket.connected);
  // Of a WebSocket's handshake, of hello, and of the first use with the connect.
  assert.ok(world.time - start <= 6 * network.latency, `${world.time - start} ms`);
});

test("events arrive at the listeners of their name, with all arguments", async () => {
  const { world, socket, say } = await connected();
  const got = [];
  socket.on("a", (...args) => got.push(["a", ...args]));
  socket.once("a", (...args) => got.push(["once", ...args]));
  socket.on(1, (...args) => got.push([1, ...args]));
  for (const message of ['2["a",1,{"b":[null]}]', '2["a"]', "2[1,2]", '2["b"]']) say(message);
  await world.pass(20);
  assert.deepEqual(got, [["a", 1, { b: [null] }], ["once", 1, { b: [null] }], ["a"], [1, 2]]);
});

test("listeners can be removed: one, those of a name, all", async () => {
  const { world, socket, say } = await connected();
  const got = [];
  const first = () => got.push("first");
  socket.on("a", first).on("a", () => got.push("second"));
  socket.once("a", first).off("a", first);
  assert.equal(socket.listeners("a").length, 1);
  say('2["a"]');
  await world.pass(20);
  assert.deepEqual(got, ["second"]);
  assert.ok(socket.on("b", first).hasListeners("b"));
  socket.removeAllListeners("a");
  assert.deepEqual([socket.hasListeners("a"), socket.hasListeners("b")], [false, true]);
  socket.removeListener("b", first);
  assert.equal(socket.hasListeners("b"), false);
  socket.on("a", first).off();
  assert.equal(socket.hasListeners("a"), false);
});

test("emit sends an event, send sends a message", async () => {
  const { world, socket, heard } = await connected();
  assert.equal(socket.emit("a", 1, "x", null), socket);
  socket.send("b", 2);
  socket.compress(false).emit(3);
  await world.pass(20);
  assert.deepEqual(heard.slice(1), ['2["a",1,"x",null]', '2["message","b",2]', "2[3]"]);
});

test("reserved names cannot be emitted", async () => {
  const { socket } = open();
  for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])
    assert.throws(() => socket.emit(name), { message: `"${name}" is a reserved event name` });
});

test("binary goes both ways", async () => {
  const { world, socket, heard, say } = await connected();
  const got = [];
  socket.on("a", (...args) => got.push(args));
  socket.emit("a", new Uint8Array([1, 2]), { b: new Blob(["blob"]), c: new Uint16Array([0x0403]).buffer });
  socket.emit("after");
  await world.pass(20);
  assert.deepEqual(heard.slice(1), [
    '53-["a",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1},"c":{"_placeholder":true,"num":2}}]',
    Buffer.from([1, 2]),
    Buffer.from("blob"),
    Buffer.from([3, 4]),
    '2["after"]',
  ]);
  say('51-["a",{"b":{"_placeholder":true,"num":0}}]');
  say(Buffer.from([5]));
  await world.pass(20);
  assert.deepEqual(got, [[{ b: new Uint8Array([5]).buffer }]]);
});

test("what was emitted is not changed by what the application does with it afterwards", async () => {
  const { world, socket, heard } = open();
  const bytes = new Uint8Array([1]);
  const list = [1];
  socket.emit("a", list, bytes);
  bytes[0] = 2;
  list.push(2);
  await world.pass(100);
  assert.deepEqual(heard.slice(1), ['51-["a",[1],{"_placeholder":true,"num":0}]', Buffer.from([1])]);
});

test("the server acknowledges", async () => {
  const { world, socket, heard, say } = await connected();
  const got = [];
  socket.emit("a", 1, (...args) => got.push(args));
  const answer = socket.emitWithAck("b");
  const bytes = socket.emitWithAck("c");
  await world.pass(20);
  assert.deepEqual(heard.slice(1), ['20["a",1]', '21["b"]', '22["c"]']);
  say('31["yes",2]');
  say('30[1,"x"]');
  say("30[2]");
  say("399[1]");
  say('61-2[{"_placeholder":true,"num":0}]');
  say(Buffer.from([7]));
  await world.pass(20);
  assert.deepEqual(got, [[1, "x"]]);
  assert.equal(await answer, "yes");
  assert.deepEqual(await bytes, new Uint8Array([7]).buffer);
});

test("an acknowledgement that does not come in time is an error", async () => {
  const { world, socket, say } = await connected();
  const got = [];
  socket.timeout(100).emit("a", (...args) => got.push(args));
  socket.timeout(100).emit("b", (...args) => got.push(args));
  const late = assert.rejects(socket.timeout(100).emitWithAck("c"), TIMED_OUT);
  say("30[1]");
  await world.pass(150);
  await late;
  assert.deepEqual(got[0], [null, 1]);
  assert.match(String(got[1]), TIMED_OUT);
  say("31[1]");
  await world.pass(20);
  assert.equal(got.length, 2);
});

test("ackTimeout holds for all events", async () => {
  const { world, socket } = await connected({ options: { ackTimeout: 50 } });
  const late = assert.rejects(socket.emitWithAck("a"), TIMED_OUT);
  await world.pass(60);
  await late;
});

test("a listener acknowledges once", async () => {
  const { world, socket, heard, say } = await connected();
  socket.on("a", (value, ack) => {
    ack(value, new Uint8Array([1]));
    ack("again");
  });
  say('25["a","x"]');
  await world.pass(20);
  assert.deepEqual(heard.slice(1), ['61-5["x",{"_placeholder":true,"num":0}]', Buffer.from([1])]);
});

test("an acknowledgement does not go to another session than its event", async () => {
  const { world, socket, heard, say, server } = await connected();
  let late;
  socket.on("a", (ack) => (late = ack));
  say('25["a"]');
  await world.pass(20);
  server.abort(server.session, 4502);
  await world.until(() => socket.id === "s2");
  late("x");
  await world.pass(20);
  assert.deepEqual(heard, ["0", "0"]);
});

test("catch-all listeners hear all events, in their order and before the others", async () => {
  const { world, socket, say } = await connected();
  const got = [];
  const one = (...args) => got.push(["one", ...args]);
  socket.on("a", () => got.push(["a"]));
  socket.onAny(one).prependAny((...args) => got.push(["zero", ...args]));
  say('2["a",1]');
  await world.pass(20);
  assert.deepEqual(got, [["zero", "a", 1], ["one", "a", 1], ["a"]]);
  socket.offAny(one);
  assert.equal(socket.listenersAny().length, 1);
  assert.equal(socket.offAny().listenersAny().length, 0);
});

test("catch-all listeners hear what is sent, when it is sent", async () => {
  const { world, socket } = open();
  const got = [];
  const one = (...args) => got.push(["one", ...args]);
  socket.onAnyOutgoing(one).prependAnyOutgoing((...args) => got.push(["zero", ...args]));
  socket.emit("a", 1);
  assert.deepEqual(got, []);
  await world.until(() => socket.connected);
  assert.deepEqual(got, [
    ["zero", "a", 1],
    ["one", "a", 1],
  ]);
  socket.offAnyOutgoing(one);
  assert.equal(socket.listenersAnyOutgoing().length, 1);
  assert.equal(socket.offAnyOutgoing().listenersAnyOutgoing().length, 0);
});

test("what is emitted before the connect is sent with it, in order", async () => {
  const { world, socket, heard } = open();
  for (let number = 0; number < 3; number++) socket.emit("a", number);
  socket.on("connect", () => socket.emit("a", 3));
  await world.pass(100);
  assert.deepEqual(heard, ["0", '2["a",0]', '2["a",1]', '2["a",2]', '2["a",3]']);
});

test("what waits for the connect is bounded", async () => {
  const { world, socket, heard } = open({ options: { queue: 20 } });
  socket.emit("a", "0123456");
  assert.throws(() => socket.emit("b", "0123456"), { name: "SendError", code: "queue_full" });
  await world.pass(100);
  assert.deepEqual(heard.slice(1), ['2["a","0123456"]']);
  socket.emit("b", "0123456");
  assert.throws(() => socket.emit("c", "0123456"), { code: "queue_full" });
  await world.pass(100);
  socket.emit("c", "0123456");
  await assert.rejects(socket.emitWithAck("d", "0123456"), { code: "queue_full" });
});

test("what was accepted before the connect is not refused at it, whatever others send", async () => {
  const { world, socket, host, options, heard } = open({ options: { queue: 30 } });
  const chat = io(`${host}/chat`, options);
  socket.emit("a", "0123456");
  chat.emit("b", "0123456");
  await world.pass(100);
  assert.deepEqual(heard.slice(2).sort(), ['2["a","0123456"]', '2/chat,["b","0123456"]'].sort());
});

test("a full queue keeps nobody from coming, and from going", async () => {
  const { world, socket, heard } = open({ options: { queue: 16, autoConnect: false } });
  socket.emit("a", "0123456");
  socket.connect();
  await world.until(() => socket.connected);
  assert.throws(() => socket.emit("b"), { code: "queue_full" });
  socket.disconnect();
  await world.pass(100);
  assert.deepEqual([heard, socket.connected], [["0", '2["a","0123456"]', "1"], false]);
});

test("what timed out while it waited is not sent, and leaves its room", async () => {
  const { world, socket, heard } = open({ options: { queue: 20 }, faults: { latency: 100 } });
  const late = assert.rejects(socket.timeout(50).emitWithAck("a", "0123456"), TIMED_OUT);
  await world.pass(60);
  await late;
  socket.emit("b", "0123456");
  await world.pass(2000);
  assert.deepEqual(heard, ["0", '2["b","0123456"]']);
});

test("a packet that is too long is refused whole", async () => {
  const { world, socket, heard } = await connected({ server: { limits: { message: 100 } } });
  const long = new Uint8Array(101);
  assert.throws(() => socket.emit("a", 1, long), { name: "SendError", code: "message_too_large" });
  socket.emit("b");
  await world.pass(20);
  assert.deepEqual(heard.slice(1), ['2["b"]']);
});

test("more binary than a packet may have is refused whole, and harms nobody", async () => {
  const { world, socket, heard } = await connected();
  const pieces = (count) => Array(count).fill(new Uint8Array([1]));
  assert.throws(() => socket.emit("a", pieces(11)), { name: "SendError", code: "message_too_large" });
  await assert.rejects(socket.emitWithAck("a", ...pieces(11)), { code: "message_too_large" });
  socket.emit("b", pieces(10));
  await world.pass(20);
  assert.deepEqual([socket.connected, heard.length, heard[1].slice(0, 4)], [true, 12, "510-"]);
});

test("what turns out to be too long at the connect is told to who waits for it", async () => {
  const { world, socket, heard } = open({ server: { limits: { message: 100 } } });
  const refused = assert.rejects(socket.emitWithAck("a", new Uint8Array(101)), { code: "message_too_large" });
  socket.emit("b");
  await world.pass(100);
  await refused;
  assert.deepEqual(heard.slice(1), ['2["b"]']);
});

test("volatile events are dropped where they cannot leave at once", async () => {
  const { world, socket, heard, network } = open();
  socket.volatile.emit("before");
  await world.until(() => socket.connected);
  socket.volatile.emit("while");
  await world.pass(20);
  network.websocket = network.http = "hung";
  network.cut();
  await world.pass(20);
  assert.ok(socket.connected);
  const late = assert.rejects(socket.volatile.timeout(10).emitWithAck("cut"), TIMED_OUT);
  socket.emit("kept");
  await world.pass(20);
  await late;
  network.websocket = network.http = "works";
  await world.pass(60_000);
  assert.deepEqual(heard.slice(1), ['2["while"]', '2["kept"]']);
});

test("auth is shown at each connect, and a function is asked again", async () => {
  let asked = 0;
  const auth = (done) => done({ asked: ++asked });
  const { world, socket, server, heard } = await connected({ options: { auth } });
  server.abort(server.session, 4502);
  await world.until(() => socket.id === "s2");
  socket.disconnect();
  socket.auth = { token: "x" };
  socket.connect();
  await world.until(() => socket.id === "s3");
  assert.deepEqual(heard, ['0{"asked":1}', '0{"asked":2}', "1", '0{"token":"x"}']);
});

test("an auth that comes when the session is gone is not shown", async () => {
  const waiting = [];
  const { world, socket, heard, server } = open({ options: { auth: (done) => waiting.push(done) } });
  await world.pass(100);
  server.abort(server.session, 4502);
  await world.until(() => waiting.length === 2);
  for (const [index, done] of waiting.entries()) done({ index });
  await world.until(() => socket.connected);
  assert.deepEqual(heard, ['0{"index":1}']);
});

test("a server that refuses gives its reason and its data, and is left alone", async () => {
  const { world, socket, told, heard, host } = open({ refuse: () => ({ message: "not you", data: { why: 1 } }) });
  await world.pass(60_000);
  const [[name, error]] = told;
  assert.equal(name, "connect_error");
  assert.ok(error instanceof Error);
  assert.deepEqual([error.message, error.data], ["not you", { why: 1 }]);
  assert.deepEqual([socket.active, socket.connected, told.length, heard], [false, false, 1, ["0"]], host);
});

test("disconnect leaves, and what was emitted before still arrives", async () => {
  const { world, socket, told, heard, server } = await connected();
  const answer = assert.rejects(socket.emitWithAck("a"), DISCONNECTED);
  const ignored = [];
  socket.emit("b", () => ignored.push(1));
  assert.equal(socket.disconnect(), socket);
  await answer;
  assert.deepEqual(told[1].slice(0, 2), ["disconnect", "io client disconnect"]);
  assert.deepEqual([socket.active, socket.connected, socket.id, ignored], [false, false, undefined, []]);
  await world.pass(60_000);
  assert.deepEqual(heard, ["0", '20["a"]', '21["b"]', "1"]);
  assert.equal(server.session.end, 1000);
  assert.equal(sessions(server), 1);
});

test("a socket that was disconnected connects again, with what was emitted meanwhile", async () => {
  const { world, socket, told, heard } = await connected();
  socket.close();
  socket.emit("a");
  socket.open();
  await world.until(() => socket.connected);
  await world.pass(20);
  assert.equal(socket.id, "s2");
  assert.deepEqual(names(told), ["connect", "disconnect", "connect"]);
  assert.deepEqual(heard, ["0", "1", "0", '2["a"]']);
});

test("the server disconnects a socket, which does not come back by itself", async () => {
  const { world, socket, told, say, heard } = await connected();
  say("1");
  await world.pass(60_000);
  assert.deepEqual(told[1].slice(0, 2), ["disconnect", "io server disconnect"]);
  assert.deepEqual([socket.active, heard], [false, ["0"]]);
  socket.connect();
  await world.until(() => socket.connected);
});

test("who changes their mind while the server is asked is in at most once", async () => {
  const { world, host, options, heard, socket: other } = await connected();
  const socket = io(`${host}/b`, options);
  const told = listen(socket);
  await world.settle();
  socket.disconnect();
  socket.connect();
  await world.pass(100);
  assert.deepEqual([socket.connected, heard], [true, ["0", "0/b,"]]);
  socket.disconnect().connect();
  await world.settle();
  socket.disconnect();
  await world.pass(100);
  assert.deepEqual([socket.connected, other.connected], [false, true]);
  assert.deepEqual(heard.slice(2), ["1/b,", "0/b,", "1/b,"]);
  assert.deepEqual(names(told), ["connect", "disconnect"]);
});

/** What nobody handled, from now on, instead of failing the test. */
function unhandled(t) {
  const others = process.listeners("unhandledRejection");
  const seen = [];
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", ({ message }) => seen.push(message));
  t.after(() => {
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  });
  return seen;
}

test("an exception of a listener harms nothing else, and is not hidden", async (t) => {
  const { world, socket, say, heard } = await connected();
  const seen = unhandled(t);
  const got = [];
  const fail = (where) => () => {
    throw new Error(where);
  };
  socket.onAny(fail("any")).onAnyOutgoing(fail("outgoing"));
  socket.on("a", fail("named")).on("a", (value) => got.push(value));
  say('2["a",1]');
  say('2["a",2]');
  socket.emit("b");
  await world.pass(20);
  assert.deepEqual([got, socket.connected, heard.at(-1)], [[1, 2], true, '2["b"]']);
  assert.deepEqual(seen.sort(), ["any", "any", "named", "named", "outgoing"]);
});

test("an exception of a listener while a session ends leaves nobody behind", async (t) => {
  const { world, socket, server } = await connected();
  const seen = unhandled(t);
  const fail = () => {
    throw new Error("of the application");
  };
  socket.io.on("close", fail);
  socket.on("disconnect", fail);
  socket.timeout(60_000).emit("a", fail);
  const pending = assert.rejects(socket.emitWithAck("b"), DISCONNECTED);
  await world.pass(20);
  server.abort(server.session, 4502);
  await world.until(() => socket.id === "s2");
  await pending;
  assert.equal(seen.length, 3);
});

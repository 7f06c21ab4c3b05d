// The codec of packets: what it writes, what it reads, and what it refuses.

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { createDecoder, encode } from "../../src/events/packet.js";

const bytes = (...values) => new Uint8Array(values).buffer;
const decode = (...messages) => messages.map(createDecoder()).at(-1);

test("packets are written as Socket.IO writes them", () => {
  for (const [packet, ...messages] of [
    [{ type: 0, nsp: "/" }, "0"],
    [{ type: 0, nsp: "/chat", data: { token: 1 } }, '0/chat,{"token":1}'],
    [{ type: 1, nsp: "/" }, "1"],
    [{ type: 1, nsp: "/chat" }, "1/chat,"],
    [{ type: 2, nsp: "/", data: ["a", 1, null, undefined] }, '2["a",1,null,null]'],
    [{ type: 2, nsp: "/chat", id: 0, data: ["a"] }, '2/chat,0["a"]'],
    [{ type: 3, nsp: "/", id: 12, data: [] }, "312[]"],
    [{ type: 2, nsp: "/", data: ["a", new Date(0)] }, '2["a","1970-01-01T00:00:00.000Z"]'],
    [{ type: 2, nsp: "/", id: 3, data: ["a", bytes(1)] }, '51-3["a",{"_placeholder":true,"num":0}]', bytes(1)],
    [{ type: 3, nsp: "/chat", id: 4, data: [bytes(1)] }, '61-/chat,4[{"_placeholder":true,"num":0}]', bytes(1)],
  ])
    assert.deepEqual(encode(packet), messages);
});

test("binary of every kind is replaced depth first", () => {
  const blob = new Blob(["x"]);
  const all = [bytes(1), new Uint8Array([2]), new DataView(bytes(3)), Buffer.from([4]), blob];
  const [one, two, three, four] = all;
  const [text, ...attachments] = encode({
    type: 2,
    nsp: "/",
    data: ["a", { b: [one, { c: two }], d: three }, four, blob],
  });
  const place = (num) => ({ _placeholder: true, num });
  assert.deepEqual(JSON.parse(text.slice(3)), [
    "a",
    { b: [place(0), { c: place(1) }], d: place(2) },
    place(3),
    place(4),
  ]);
  for (const [index, attachment] of attachments.entries()) assert.equal(attachment, all[index]);
});

test("packets are read as Socket.IO writes them", () => {
  for (const [packet, ...messages] of [
    [{ type: 0, nsp: "/", data: { sid: "x" } }, '0{"sid":"x"}'],
    [{ type: 0, nsp: "/chat", data: { sid: "x" } }, '0/chat,{"sid":"x"}'],
    [{ type: 1, nsp: "/custom" }, "1/custom"],
    [{ type: 1, nsp: "/custom" }, "1/custom,"],
    [{ type: 2, nsp: "/", id: 7, data: [1, "line\nline"] }, '2007[1,"line\\nline"]'],
    [{ type: 4, nsp: "/", data: { message: "no", data: {} } }, '4{"message":"no","data":{}}'],
    [{ type: 2, nsp: "/", data: ["a"] }, '50-["a"]'],
    [{ type: 2, nsp: "/", data: ["a", { _placeholder: true, num: 0 }] }, '2["a",{"_placeholder":true,"num":0}]'],
    [
      { type: 3, nsp: "/chat", id: 1, data: [bytes(2), [bytes(1)]] },
      '62-/chat,1[{"_placeholder":true,"num":1},[{"num":0,"_placeholder":true}]]',
      bytes(1),
      bytes(2),
    ],
  ]) {
    const read = decode(...messages);
    assert.deepEqual(read, { id: undefined, data: undefined, ...packet });
  }
});

test("a packet is not whole before its last attachment", () => {
  const read = createDecoder();
  const places = '["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
  assert.equal(read(`52-${places}`), undefined);
  assert.equal(read(bytes(1)), undefined);
  assert.deepEqual(read(bytes(2)).data, ["a", bytes(1), bytes(2)]);
  assert.deepEqual(read('2["b"]').data, ["b"]);
});

test("what is not a packet is refused", () => {
  const place = (num) => `["a",{"_placeholder":true,"num":${num}}]`;
  for (const messages of [
    [""],
    ["7"],
    ["x"],
    ["2"],
    ["2{}"],
    ["2[]"],
    ['2["a",1'],
    ["2[{}]"],
    ["2[null]"],
    ['2["connect"]'],
    ['2["disconnecting"]'],
    ["3"],
    ['3"x"'],
    ["0"],
    ["0[]"],
    ['0"s"'],
    ["0null"],
    ["1{}"],
    ["4[]"],
    ["5[]"],
    ['5-["a"]'],
    ['511-["a"]'],
    ['21-["a"]'],
    [bytes(1)],
    [`51-${place(0)}`, "1"],
    [`51-${place(1)}`, bytes(1)],
    [`51-${place(-1)}`, bytes(1)],
    [`51-${place('"length"')}`, bytes(1)],
    [`51-${place('"constructor"')}`, bytes(1)],
    [`51-${place("null")}`, bytes(1)],
  ]) {
    const read = createDecoder();
    const last = messages.pop();
    for (const message of messages) assert.equal(read(message), undefined);
    assert.throws(() => read(last), undefined, String(last));
  }
});

test("deep nesting is read or refused, and never takes the page down", () => {
  const deep = "[".repeat(1e5) + "]".repeat(1e5);
  for (const message of [`2["a",${deep}]`, `50-["a",${deep}]`])
    try {
      assert.equal(decode(message).type, 2);
    } catch (error) {
      assert.ok(error instanceof Error);
    }
});

// What JSON gives back as it was, with binary anywhere in it.
const payload = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

const plain = (value) => {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") return Object.entries(value).map(([name, one]) => [name, plain(one)]);
  return value;
};

test("what is written is read as it was", () => {
  const nsp = fc.oneof(fc.constant("/"), fc.stringMatching(/^\/[^,]{1,10}$/));
  const id = fc.oneof(fc.constant(undefined), fc.nat());
  const property = fc.property(nsp, id, fc.array(payload, { maxLength: 3 }), (nsp, id, args) => {
    const packet = { type: 2, nsp, id, data: ["name", ...args] };
    const [text, ...attachments] = encode(packet);
    if (attachments.length > 10) return;
    const read = decode(text, ...attachments.map((one) => one.slice().buffer));
    assert.deepEqual({ ...read, data: plain(read.data) }, { ...packet, data: plain(packet.data) });
  });
  fc.assert(property, { numRuns: 500 });
});

// A codec for tests, written from the specification and apart from the one under test: it speaks for
// both sides, and between bytes and the JSON form of the vectors.

const KINDS = [
  "",
  "hello",
  "welcome",
  "refuse",
  "begin",
  "poll",
  "answer",
  "ack",
  "ping",
  "pong",
  "token",
  "abort",
  "fenced",
  "stale",
];
const FIELDS = {
  begin: ["generation", "received", "ack", "first"],
  poll: ["session", "secret", "generation", "number", "received", "ack", "first", "hold", "next", "max_bytes"],
  answer: ["generation", "number", "received", "ack", "first"],
  ack: ["received", "ack"],
  ping: ["nonce"],
  pong: ["nonce"],
  fenced: ["generation"],
  stale: ["generation"],
};
const MAGIC = Buffer.from("544c31ff", "hex");

export const hex = (bytes) => Buffer.from(bytes).toString("hex");
export const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));

/** @returns a frame of the client's codec as a vector has it */
export function toJson([head, ...content]) {
  const seq_mod = head % 32;
  if (head >= 0x60) return { kind: "close", seq_mod, reason: "", ...content[0] };
  if (head >= 0x40) return { kind: "text", seq_mod, text: content[0] };
  if (head >= 0x20) return { kind: "binary", seq_mod, hex: hex(content[0]) };
  const kind = KINDS[head];
  if (!FIELDS[kind]) return { kind, json: content[0] };
  return { kind, ...Object.fromEntries(FIELDS[kind].map((name, index) => [name, content[index]])) };
}

/** @returns a frame of a vector as the client's codec has it */
export function fromJson(frame) {
  const { kind, text, hex: digits, json } = frame;
  const head = header(frame);
  if (kind === "text") return [head, text];
  if (kind === "binary") return [head, unhex(digits)];
  if (kind === "close") return [head, closing(frame)];
  return json ? [head, json] : [head, ...FIELDS[kind].map((name) => frame[name])];
}

function varint(value) {
  const bytes = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

function body(frame) {
  if (frame.text !== undefined) return Buffer.from(frame.text);
  if (frame.kind === "binary")
    return frame.zeros === undefined ? Buffer.from(frame.hex, "hex") : Buffer.alloc(frame.zeros);
  if (frame.kind === "close") return Buffer.from(JSON.stringify(closing(frame)));
  if (frame.json) {
    const text = JSON.stringify(frame.json);
    return Buffer.from(/hello|welcome/.test(frame.kind) ? text.padEnd(1535) : text);
  }
  const parts = FIELDS[frame.kind].map((name) =>
    typeof frame[name] === "string" ? [varint(frame[name].length), Buffer.from(frame[name])] : [varint(frame[name])],
  );
  return Buffer.concat(parts.flat());
}

function closing({ code, reason = "", received, ack }) {
  return { code, reason, received, ack };
}

function header({ kind, seq_mod: seq = 0 }) {
  const family = { binary: 0x20, text: 0x40, close: 0x60 }[kind];
  return family === undefined ? KINDS.indexOf(kind) : family + (seq % 32);
}

/** @returns the WebSocket message of a frame in JSON form */
export function encodeMessage(frame) {
  if (frame.kind === "text") return String.fromCharCode(header(frame)) + frame.text;
  return new Uint8Array([header(frame), ...body(frame)]);
}

/** @returns the HTTP body of frames in JSON form */
export function encodeBatch(frames) {
  const parts = frames.flatMap((frame) => {
    const bytes = body(frame);
    return [Buffer.from([header(frame)]), varint(bytes.length), bytes];
  });
  return new Uint8Array(Buffer.concat([MAGIC, ...parts, Buffer.from([0]), varint(frames.length)]));
}

class Reader {
  at = 0;
  constructor(bytes) {
    this.bytes = Buffer.from(bytes);
  }
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  number() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const [byte] = this.take(1);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  }
}

function parse(head, bytes) {
  const seq_mod = head % 32;
  if (head >= 0x60) return { kind: "close", seq_mod, ...JSON.parse(bytes.toString()) };
  if (head >= 0x40) return { kind: "text", seq_mod, text: bytes.toString() };
  if (head >= 0x20) return { kind: "binary", seq_mod, hex: bytes.toString("hex") };
  const kind = KINDS[head];
  if (!FIELDS[kind]) return { kind, json: JSON.parse(bytes.toString()), length: bytes.length + 1 };
  const reader = new Reader(bytes);
  const isText = (name) => name === "session" || name === "secret";
  const entries = FIELDS[kind].map((name) => [
    name,
    isText(name) ? reader.take(reader.number()).toString() : reader.number(),
  ]);
  return { kind, ...Object.fromEntries(entries) };
}

/** @returns a WebSocket message in JSON form; `length` beside a JSON body */
export function decodeMessage(data) {
  const bytes = Buffer.from(data);
  return parse(bytes[0], bytes.subarray(1));
}

/** @returns the frames of a whole HTTP body in JSON form */
export function decodeBatch(bytes) {
  const reader = new Reader(bytes);
  const frames = [];
  if (!reader.take(4).equals(MAGIC)) throw new Error("no magic");
  for (;;) {
    const [head] = reader.take(1);
    if (head === 0) break;
    frames.push(parse(head, reader.take(reader.number())));
  }
  if (reader.number() !== frames.length || reader.at !== bytes.length) throw new Error("not whole");
  return frames;
}

// The codec: frames to bytes and back, as WebSocket messages and as HTTP batches (spec §3, §4).
//
// It knows nothing of sessions. Decoding is strict and throws on anything that is not exactly a
// frame or a whole batch; whoever calls treats every throw alike, as "not our server".

/**
 * @typedef {object} Limits what the server fixed for the session's life (spec §6.2)
 * @property {number} message
 * @property {number} window
 * @property {number} batch
 * @property {number} hold
 * @property {number} heartbeat
 * @property {number} timeout
 * @property {number} retention
 * @property {number} offer
 *
 * @typedef {{ v: number, session?: string, secret?: string, token?: string, protocols?: string[], window?: number }} Hello
 * @typedef {{ session: string, secret?: string, generation: number, received: number, ack: number, protocol?: string, expires_in?: number, limits: Limits }} Welcome
 * @typedef {{ code: number, reason?: string, retry_after?: number }} Refuse
 * @typedef {{ code: number, reason?: string, received?: number, ack?: number, retry_after?: number }} Abort
 * @typedef {{ received: number, ack: number }} Cursors
 * @typedef {{ kind: "poll", session: string, secret: string, generation: number, number: number, first: number, hold: number, next: number, max_bytes: number } & Cursors} Poll
 * @typedef {{ kind: "answer", generation: number, number: number, first: number } & Cursors} Answer
 * @typedef {{ kind: "text", seq: number, data: string } | { kind: "binary", seq: number, data: Uint8Array<ArrayBuffer> } | { kind: "close", seq: number, json: Refuse }} Sequenced
 * @typedef {{ kind: "hello", json: Hello } | { kind: "welcome", json: Welcome } | { kind: "refuse", json: Refuse }
 *   | { kind: "begin", generation: number, first: number } & Cursors | Poll | Answer | { kind: "ack" } & Cursors
 *   | { kind: "ping" | "pong", nonce: number } | { kind: "token", json: { token?: string, expires_in?: number } }
 *   | { kind: "abort", json: Abort } | { kind: "fenced" | "stale", generation: number } | Sequenced} Frame
 *   `seq` is the sequence number, of which a decoded WebSocket message only has the last five bits.
 */

/**
 * The bodies, in the order of their headers from 1 on: numbers (in `poll` two strings as well), or after
 * a brace the members of a JSON object that a server may send. A hello and a poll are never read. The last one is no frame of its own.
 *
 * @type {Record<string, string>}
 */
const BODIES = {
  hello: "{",
  welcome: "{session secret? generation received ack protocol? expires_in? limits",
  refuse: "{code reason? retry_after?",
  begin: "generation received ack first",
  poll: "session secret generation number received ack first hold next max_bytes",
  answer: "generation number received ack first",
  ack: "received ack",
  ping: "nonce",
  pong: "nonce",
  token: "{expires_in?",
  abort: "{code reason? received? ack? retry_after?",
  fenced: "generation",
  stale: "generation",
  close: "{code reason?",
  limits: "{message window batch hold heartbeat timeout retention offer",
};
const KINDS = ["", ...Object.keys(BODIES)];
const LAST = 13;
/** Indexed by header / 32. */
const SEQUENCED = ["", "binary", "text", "close"];

/**
 * What the strings may be, byte by byte (spec LIM-1).
 *
 * @type {Record<string, RegExp>}
 */
const STRINGS = { session: /^[\w.-]{1,64}$/, secret: /^[\da-f]{32}$/i, reason: /^.{0,123}$/s, protocol: /^/ };

/** What a hello and a welcome are padded to, and the longest JSON, each without the header (spec ATT-2, LIM-1). */
const PADDED = 1535;
const LONGEST = 16383;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {string} text */
const utf8 = (text) => encoder.encode(text);

/** @param {string} text its length in UTF-8 */
export const size = (text) => utf8(text).length;

/** @param {unknown} holds */
const ensure = (holds) => {
  if (!holds) throw Error("malformed");
};

/** @type {(name: string, value: any) => boolean} */
const isMember = (name, value) => {
  if (name === "limits") return isWell(name, value);
  if (STRINGS[name]) return typeof value === "string" && STRINGS[name].test(String.fromCharCode(...utf8(value)));
  const isCode = value === 1000 || (value > 2999 && value < 5000);
  return Number.isSafeInteger(value) && value >= 0 && (name !== "code" || isCode);
};

/** Members that nobody knows are ignored (spec NUM-2). @type {(kind: string, json: any) => boolean} */
const isWell = (kind, json) =>
  `${json}` === "[object Object]" &&
  [...BODIES[kind].matchAll(/(\w+)(\??)/g)].every(([, name, optional]) =>
    name in json ? isMember(name, json[name]) : optional,
  );

/** @type {(value: number) => number[]} */
const number = (value) => (value < 128 ? [value] : [(value % 128) | 128, ...number(Math.floor(value / 128))]);

/** @param {ArrayLike<number>[]} parts */
const concat = (parts) => {
  let at = 0;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** Reads slices and numbers; throws where they are cut short. @param {Uint8Array<ArrayBuffer>} bytes */
const read = (bytes) => {
  let at = 0;
  /** @param {number} length */
  const take = (length) => {
    at += length;
    ensure(at <= bytes.length);
    return bytes.slice(at - length, at);
  };
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const [byte] = take(1);
      value += (byte % 128) * factor;
      ensure(value <= Number.MAX_SAFE_INTEGER && (byte || factor === 1));
      if (byte < 128) return value;
    }
  };
  return { take, number, isDone: () => at === bytes.length };
};

/** @param {Frame} frame */
const header = (frame) =>
  "seq" in frame ? SEQUENCED.indexOf(frame.kind) * 32 + (frame.seq % 32) : KINDS.indexOf(frame.kind);

/** @param {any} frame @returns {ArrayLike<number>} */
const body = ({ kind, json, data, ...numbers }) => {
  if (json) return utf8(JSON.stringify(json).padEnd(kind === "hello" ? PADDED : 0));
  if (kind === "text") return utf8(data);
  if (data) return data;
  return BODIES[kind].split(" ").flatMap((name) => {
    const value = numbers[name];
    return STRINGS[name] ? [value.length, ...utf8(value)] : number(value);
  });
};

/** @type {(header: number, bytes: Uint8Array<ArrayBuffer>) => Frame} */
const parse = (header, bytes) => {
  const family = SEQUENCED[header >> 5];
  const kind = family || KINDS[header];
  const members = BODIES[kind];
  ensure(family || (header > 1 && header <= LAST));
  /** @type {any} */
  const frame = family ? { kind, seq: header % 32 } : { kind };
  if (kind === "binary") frame.data = bytes;
  else if (kind === "text") frame.data = decoder.decode(bytes);
  else if (members[0] === "{") {
    ensure(bytes[0] === 123 && bytes.length <= LONGEST && (kind !== "welcome" || bytes.length >= PADDED));
    frame.json = JSON.parse(decoder.decode(bytes));
    ensure(isWell(kind, frame.json));
  } else {
    const { number, isDone } = read(bytes);
    for (const name of members.split(" ")) frame[name] = number();
    ensure(isDone());
  }
  return frame;
};

/**
 * One frame as a WebSocket message.
 *
 * @param {Frame} frame
 */
export const toMessage = (frame) =>
  frame.kind === "text" ? String.fromCharCode(header(frame)) + frame.data : concat([[header(frame)], body(frame)]);

/**
 * A WebSocket message as a frame; throws when it is not one.
 *
 * @param {string | Uint8Array<ArrayBuffer>} message
 * @returns {Frame}
 */
export const fromMessage = (message) => {
  const text = typeof message === "string";
  const header = text ? message.charCodeAt(0) : message[0];
  ensure(text === (header >> 5 === 2) && !/poll|answer/.test(KINDS[header]));
  return text ? { kind: "text", seq: header % 32, data: message.slice(1) } : parse(header, message.slice(1));
};

const MAGIC = [0x54, 0x4c, 0x31, 0xff];

/**
 * Frames as an HTTP body.
 *
 * @param {Frame[]} frames
 */
export const toBatch = (frames) =>
  concat([
    MAGIC,
    ...frames.flatMap((frame) => {
      const bytes = body(frame);
      return [[header(frame), ...number(bytes.length)], bytes];
    }),
    [0, ...number(frames.length)],
  ]);

/**
 * An HTTP body as frames, the sequenced ones with their whole numbers; throws when it is not a whole answer.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export const fromBatch = (bytes) => {
  const { take, number, isDone } = read(bytes);
  const frames = [];
  ensure(`${take(4)}` === `${MAGIC}`);
  for (let [header] = take(1); header; [header] = take(1)) frames.push(parse(header, take(number())));
  ensure(number() === frames.length && isDone() && isAnswer(frames));
  return frames;
};

/**
 * What may stand together, and in which order (spec BAT-2, BAT-3); gives the sequenced frames their numbers.
 *
 * @param {Frame[]} frames
 */
const isAnswer = ([head, ...rest]) => {
  if (head?.kind !== "answer") return /^(welcome|refuse|fenced|stale|abort)$/.test(head?.kind) && !rest.length;
  let { first } = head;
  return rest.every((frame, index) => {
    if ("seq" in frame) return frame.seq === first % 32 && (frame.seq = first++) <= Number.MAX_SAFE_INTEGER;
    return frame.kind === "token" || (frame.kind === "abort" && index === rest.length - 1);
  });
};

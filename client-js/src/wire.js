// The codec: frames to bytes and back, as WebSocket messages and as HTTP batches (spec §3, §4).
//
// It knows nothing of sessions. It writes what clients say and reads what servers say. Decoding is strict
// and throws on anything that is not exactly a frame or a whole answer; whoever calls treats every throw
// alike, as "not our server".

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
 * @typedef {{ session: string, secret?: string, generation: number, received: number, ack: number, protocol?: string, expires_in?: number, limits: Limits }} Welcome
 * @typedef {{ code: number, reason?: string, received?: number, ack?: number, retry_after?: number }} End the JSON of `refuse`, `abort` and `close`
 * @typedef {string | Uint8Array<ArrayBuffer>} Data
 * @typedef {[header: number, ...content: any[]]} Frame
 *   Its header, then its numbers in the order of the specification, or its one JSON object, string or
 *   bytes. The header of a sequenced frame is its kind and the last five bits of its number.
 */

export const HELLO = 0x01;
export const WELCOME = 0x02;
export const REFUSE = 0x03;
export const BEGIN = 0x04;
export const POLL = 0x05;
export const ANSWER = 0x06;
export const ACK = 0x07;
export const PING = 0x08;
export const PONG = 0x09;
export const TOKEN = 0x0a;
export const ABORT = 0x0b;
export const FENCED = 0x0c;
export const STALE = 0x0d;
export const BINARY = 0x20;
export const TEXT = 0x40;
export const CLOSE = 0x60;

/** The kind of a frame, from its header. @param {number} header */
export const kindOf = (header) => (header < BINARY ? header : header & ~31);

/** How many numbers are in the frames that have numbers. @type {Record<number, number>} */
const NUMBERS = { [BEGIN]: 4, [ANSWER]: 5, [ACK]: 2, [PING]: 1, [PONG]: 1, [FENCED]: 1, [STALE]: 1 };

/** The members of the others, and of their members. @type {Record<string | number, string>} */
const MEMBERS = {
  [WELCOME]: "session secret? generation received ack protocol? expires_in? limits",
  [REFUSE]: "code reason? retry_after?",
  [TOKEN]: "expires_in?",
  [ABORT]: "code reason? received? ack? retry_after?",
  [CLOSE]: "code reason?",
  limits: "message window batch hold heartbeat timeout retention offer",
};

/** What the strings may be, byte by byte (spec LIM-1). @type {Record<string, RegExp>} */
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
  if (MEMBERS[name]) return isWell(name, value);
  if (STRINGS[name]) return typeof value === "string" && STRINGS[name].test(String.fromCharCode(...utf8(value)));
  const isCode = value === 1000 || (value > 2999 && value < 5000);
  return Number.isSafeInteger(value) && value >= 0 && (name !== "code" || isCode);
};

/** Members that nobody knows are ignored (spec NUM-2). @type {(kind: string | number, json: any) => boolean} */
const isWell = (kind, json) =>
  `${json}` === "[object Object]" &&
  [...MEMBERS[kind].matchAll(/(\w+)(\??)/g)].every(([, name, optional]) =>
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

/**
 * A number, and the bytes that follow it; throws where it is cut short, longer than needed or too large.
 *
 * @type {(bytes: Uint8Array<ArrayBuffer>) => [number, Uint8Array<ArrayBuffer>]}
 */
const read = (bytes) => {
  let value = 0;
  for (let at = 0; ; at++) {
    const byte = bytes[at];
    value += (byte % 128) * 128 ** at;
    ensure(value <= Number.MAX_SAFE_INTEGER && (byte || !at));
    if (byte < 128) return [value, bytes.subarray(at + 1)];
  }
};

/** @param {Frame} frame */
const body = ([header, ...content]) =>
  concat(
    content.map((part) => {
      if (typeof part === "number") return number(part);
      if (typeof part !== "string")
        return part.length >= 0 ? part : utf8(JSON.stringify(part).padEnd(header > HELLO ? 0 : PADDED));
      // Strings among numbers are ids: short, and ASCII.
      return header < BINARY ? [part.length, ...utf8(part)] : utf8(part);
    }),
  );

/** @type {(header: number, bytes: Uint8Array<ArrayBuffer>) => Frame} */
const parse = (header, bytes) => {
  const kind = kindOf(header);
  if (kind === BINARY) return [header, bytes];
  if (kind === TEXT) return [header, decoder.decode(bytes)];
  if (MEMBERS[kind]) {
    const json = JSON.parse(decoder.decode(bytes));
    ensure(bytes[0] === 123 && bytes.length <= LONGEST && (kind !== WELCOME || bytes.length >= PADDED));
    ensure(isWell(kind, json));
    return [header, json];
  }
  ensure(NUMBERS[header]);
  /** @type {Frame} */
  const frame = [header];
  while (frame.length <= NUMBERS[header]) [frame[frame.length], bytes] = read(bytes);
  ensure(!bytes.length);
  return frame;
};

/** One frame as a WebSocket message. @param {Frame} frame @returns {Data} */
export const toMessage = (frame) => {
  const [header, content] = frame;
  return kindOf(header) === TEXT ? String.fromCharCode(header) + content : concat([[header], body(frame)]);
};

/** A WebSocket message as a frame; throws when it is not one. @param {Data} message @returns {Frame} */
export const fromMessage = (message) => {
  const isText = typeof message === "string";
  const header = isText ? message.charCodeAt(0) : message[0];
  ensure(isText === (kindOf(header) === TEXT) && header !== ANSWER);
  return isText ? [header, message.slice(1)] : parse(header, message.slice(1));
};

const MAGIC = [0x54, 0x4c, 0x31, 0xff];

/** Frames as an HTTP body. @param {Frame[]} frames */
export const toBatch = (frames) => {
  const parts = frames.flatMap((frame) => {
    const bytes = body(frame);
    return [[frame[0], ...number(bytes.length)], bytes];
  });
  return concat([MAGIC, ...parts, [0, ...number(frames.length)]]);
};

/** An HTTP body as frames; throws when it is not a whole answer. @param {Uint8Array<ArrayBuffer>} bytes */
export const fromBatch = (bytes) => {
  ensure(`${bytes.subarray(0, 4)}` === `${MAGIC}`);
  /** @type {Frame[]} */
  const frames = [];
  let rest = bytes.subarray(4);
  let length;
  for (let header = rest[0]; header; header = rest[0]) {
    [length, rest] = read(rest.subarray(1));
    ensure(length <= rest.length);
    frames.push(parse(header, rest.slice(0, length)));
    rest = rest.subarray(length);
  }
  // Where there is no end mark there is no count either.
  [length, rest] = read(rest.subarray(1));
  ensure(length === frames.length && !rest.length && isAnswer(frames));
  return frames;
};

/** What may stand together, and in which order (spec BAT-2, BAT-3). @param {Frame[]} frames */
const isAnswer = ([head, ...rest]) => {
  const [kind, , , , , first] = head;
  if (kind !== ANSWER) return [WELCOME, REFUSE, FENCED, STALE, ABORT].includes(kind) && !rest.length;
  let seq = first;
  return rest.every(([header], index) => {
    if (header >= BINARY) return header % 32 === seq++ % 32;
    return header === TOKEN || (header === ABORT && index === rest.length - 1);
  });
};

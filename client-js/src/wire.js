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

const END = "code reason? received? ack? retry_after?";

/** The members of the others, and of their members, as far as a client uses them. @type {Record<string | number, string>} */
const MEMBERS = {
  [WELCOME]: "session secret? generation received ack protocol? expires_in? limits",
  [REFUSE]: END,
  [TOKEN]: "expires_in?",
  [ABORT]: END,
  [CLOSE]: END,
  limits: "message window batch hold heartbeat timeout retention",
};

/** Those of them that are text; the others are numbers. */
const TEXTS = "session secret reason protocol";

/** What a hello and a welcome are padded to, without the header (spec ATT-2). */
const PADDED = 1535;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {string} text */
const utf8 = (text) => encoder.encode(text);

/** @param {string} text its length in UTF-8 */
export const size = (text) => utf8(text).length;

/** @param {unknown} holds */
const ensure = (holds) => {
  if (!holds) throw "malformed";
};

/** Members that nobody knows are ignored (spec NUM-2). @type {(name: string | number, value: any) => boolean | string} */
const isWell = (name, value) => {
  if (MEMBERS[name])
    return [...MEMBERS[name].matchAll(/(\w+)(\??)/g)].every(([, member, optional]) =>
      member in value ? isWell(member, value[member]) : optional,
    );
  return TEXTS.includes(/** @type {string} */ (name))
    ? typeof value === "string"
    : Number.isSafeInteger(value) && value >= 0;
};

/** A fraction loses what is behind its point. @type {(value: number) => number[]} */
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
    ensure(Number.isSafeInteger(value) && (byte || !at));
    if (byte < 128) return [value, bytes.subarray(at + 1)];
  }
};

/** @param {Frame} frame */
const body = ([header, ...content]) =>
  concat(
    content.map((part) => {
      if (typeof part === "number") return number(part);
      if (part.buffer) return part;
      const bytes = utf8(typeof part === "string" ? part : JSON.stringify(part).padEnd(header > HELLO ? 0 : PADDED));
      // The ids among numbers.
      return header === POLL ? [bytes.length, ...bytes] : bytes;
    }),
  );

/** @type {(header: number, bytes: any) => Frame} */
const parse = (header, bytes) => {
  const kind = kindOf(header);
  if (kind === BINARY || typeof bytes === "string") return [header, bytes];
  if (kind === TEXT) return [header, decoder.decode(bytes)];
  if (NUMBERS[kind]) {
    /** @type {Frame} */
    const frame = [header];
    while (frame.length <= NUMBERS[kind]) [frame[frame.length], bytes] = read(bytes);
    ensure(!bytes.length);
    return frame;
  }
  const json = JSON.parse(decoder.decode(bytes));
  ensure(isWell(kind, json) && (kind !== WELCOME || bytes.length >= PADDED));
  return [header, json];
};

/** One frame as a WebSocket message. @param {Frame} frame @returns {Data} */
export const toMessage = (frame) => {
  const [header, content] = frame;
  return typeof content === "string" ? String.fromCharCode(header) + content : concat([[header], body(frame)]);
};

/** A WebSocket message as a frame; throws when it is not one. @param {Data} message @returns {Frame} */
export const fromMessage = (message) => {
  const isText = typeof message === "string";
  const header = isText ? message.charCodeAt(0) : message[0];
  ensure(isText === (kindOf(header) === TEXT) && header !== ANSWER);
  return parse(header, message.slice(1));
};

const MAGIC = [0x54, 0x4c, 0x31, 0xff];

/** An HTTP body as text (spec §8.1). @param {Uint8Array} bytes */
export const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** Frames as an HTTP body. @param {Frame[]} frames */
export const toBatch = (frames) => {
  const parts = frames.flatMap((frame) => {
    const bytes = body(frame);
    return [[frame[0], ...number(bytes.length)], bytes];
  });
  return concat([MAGIC, ...parts, [0, ...number(frames.length)]]);
};

/** An HTTP body as frames; throws when it is not a whole answer. @param {Data} answer */
export const fromBatch = (answer) => {
  /** @type {Frame[]} */
  const frames = [];
  const bytes = typeof answer === "string" ? Uint8Array.from(atob(answer), (one) => one.charCodeAt(0)) : answer;
  for (let rest = bytes.subarray(4); ; ) {
    const [header] = rest;
    const [length, after] = read(rest.subarray(1));
    if (!header) {
      ensure(`${bytes.subarray(0, 4)}` === `${MAGIC}` && length === frames.length && !after.length && isAnswer(frames));
      return frames;
    }
    ensure(length <= after.length);
    frames.push(parse(header, after.slice(0, length)));
    rest = after.subarray(length);
  }
};

/** What may stand together (spec BAT-2). @param {Frame[]} frames */
const isAnswer = ([[kind], ...rest]) =>
  kind === ANSWER
    ? rest.every(([header], index) => header >= BINARY || header === TOKEN || (header === ABORT && !rest[index + 1]))
    : [WELCOME, REFUSE, FENCED, STALE, ABORT].includes(kind) && !rest.length;

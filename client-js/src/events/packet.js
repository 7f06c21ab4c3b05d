// The codec: packets of Socket.IO 5 to messages of a session and back.
//
// It knows nothing of sockets. Reading is strict and bounded, and throws on anything that is not a packet. A packet
// with binary is one text and the messages that follow it, so whoever sends it lets nothing come between them.

export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;
/** What an event or an acknowledgement with binary has over its kind. */
const BINARY = 3;
/** Events that nobody may send, since the library has them for itself. */
export const RESERVED = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

/** Its type, or the type and count of what has binary, at most 10 as everywhere in Socket.IO; its namespace, its id, its payload. */
const FORM = /^(?:([0-4])|([56])(\d|10)-)(?:(\/[^,]*)(?:,|$))?(\d*)(.*)$/s;

/**
 * @typedef {{ type: number, nsp: string, id?: number, data?: any }} Packet
 * @typedef {string | ArrayBuffer | ArrayBufferView | Blob} Message
 */

/** @type {(value: unknown) => boolean} */
const isBinary = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;

/** @type {(holds: unknown) => asserts holds} */
const ensure = (holds) => {
  if (!holds) throw new Error("parse error");
};

/** What the payload of a packet may be. @type {(type: number, data: any) => unknown} */
const fits = (type, data) => {
  const isList = type % 4 > 1;
  if (type === DISCONNECT) return data === undefined;
  if (type === EVENT && (RESERVED.test(data[0]) || !/string|number/.test(typeof data[0]))) return false;
  return Object(data) === data && Array.isArray(data) === isList;
};

/**
 * The messages of a packet. Binary is replaced by placeholders, depth first.
 *
 * @type {(packet: Packet) => Message[]}
 */
export const encode = ({ type, nsp, id = "", data }) => {
  /** @type {any[]} */
  const parts = [""];
  const json = JSON.stringify(data, function (name, value) {
    // As it was before `toJSON`, which some kinds of binary have.
    const raw = this[name];
    return isBinary(raw) ? { _placeholder: true, num: parts.push(raw) - 2 } : value;
  });
  const count = parts.length - 1;
  const head = count ? `${type + BINARY}${count}-` : type;
  parts[0] = `${head}${nsp === "/" ? "" : `${nsp},`}${id}${json ?? ""}`;
  return parts;
};

/**
 * Reads messages in their order; gives a packet with the message that makes it whole.
 *
 * @returns {(message: string | ArrayBuffer) => Packet | undefined}
 */
export const createDecoder = () => {
  /** @type {RegExpExecArray | null} a packet whose attachments have not all arrived */
  let head = null;
  /** @type {ArrayBuffer[]} */
  let attachments = [];

  const whole = (/** @type {RegExpExecArray} */ [, plain, binary, , nsp = "/", id, json]) => {
    const type = +(plain ?? +binary - BINARY);
    const data = json ? JSON.parse(json, binary ? restore : undefined) : undefined;
    ensure(fits(type, data));
    head = null;
    attachments = [];
    return { type, nsp, id: id ? +id : undefined, data };
  };

  /** Puts attachments in the place of their placeholders. @type {(name: string, value: any) => any} */
  const restore = (_, value) => {
    if (value?._placeholder !== true) return value;
    const attachment = attachments[value.num];
    ensure(attachment instanceof ArrayBuffer);
    return attachment;
  };

  return (message) => {
    if (typeof message === "string") {
      ensure(!head);
      head = FORM.exec(message);
    } else attachments.push(message);
    ensure(head);
    return attachments.length < +(head[3] ?? 0) ? undefined : whole(head);
  };
};

// Events over a session, in the shape of `socket.io-client`.
//
// The sockets of one origin and path share a session; a second socket of the same namespace has one of its own.

import { Manager } from "./manager.js";
import { Socket } from "./socket.js";

/** @typedef {import("./manager.js").Options} Options */

/** The revision of Socket.IO's packets. */
const protocol = 5;

/** @type {Map<string, Manager>} */
const managers = new Map();

/**
 * A socket, which connects unless told otherwise.
 *
 * @param {string | URL | Options} [url] of the server, with the namespace as its path; by default the page's own
 * @param {Options} [options]
 * @returns {Socket}
 */
const lookup = (url = "", options = {}) => {
  if (typeof url === "object" && !(url instanceof URL)) return lookup("", url);
  // What has no scheme begins with a host.
  const text = `${url}` || "/";
  const whole = /^(\w+:)?\//.test(text) ? text : `//${text}`;
  const { origin, pathname, search: query } = new URL(whole, globalThis.location?.href ?? "https://localhost");
  const nsp = decodeURI(pathname);
  const id = `${origin} ${options.path}`;
  const shared = managers.get(id);
  const isAlone = options.forceNew || options.multiplex === false || shared?.knows(nsp);
  const manager = (!isAlone && shared) || new Manager(origin, { query, ...options });
  if (!isAlone) managers.set(id, manager);
  return manager.socket(nsp, options);
};

const io = Object.assign(lookup, { io: lookup, connect: lookup, Manager, Socket, protocol });

export { io, io as connect, io as default, Manager, protocol, Socket };

// Sockets in a world of their own, and a naive server that speaks Socket.IO over the sessions of the naive server.

import { Network } from "../support/network.js";
import { Server } from "../support/server.js";
import { World } from "../support/world.js";

/** The client that is tested: the sources, or what `test/events/bundled.test.js` names. */
export const client = await import(process.env.THROUGHLINE_EVENTS ?? "../../src/events/index.js");
export const { io, Manager, Socket } = client;

/** Each test has a host of its own, since sockets of one host share a session. */
let hosts = 0;

/**
 * A place to connect to. By default its server lets everybody in, with a `sid` that counts.
 *
 * @returns what a test looks at: `heard` has each message that reached the server
 */
export function meet({ faults = {}, server: setup = {}, random, refuse = () => undefined } = {}) {
  const world = new World(random);
  const heard = [];
  let sids = 0;
  const server = new Server(world, {
    ...setup,
    onMessage(session, { text, hex }) {
      heard.push(text ?? Buffer.from(hex, "hex"));
      const [, nsp = "/"] = /^0(\/[^,]*)?/.exec(text) ?? [];
      if (text?.[0] !== "0") return;
      const prefix = nsp === "/" ? "" : `${nsp},`;
      const error = refuse(nsp, text);
      say(error ? `4${prefix}${JSON.stringify(error)}` : `0${prefix}{"sid":"s${++sids}"}`, session);
    },
  });
  const network = new Network(world, server, faults);
  const say = (message, session = server.session) =>
    server.send(
      session,
      typeof message === "string"
        ? { kind: "text", text: message }
        : { kind: "binary", hex: Buffer.from(message).toString("hex") },
    );
  const host = `https://h${++hosts}.test`;
  const options = { ...network.options, randomizationFactor: 0 };
  return { world, server, network, heard, say, host, options };
}

/** @returns what `meet` gives, with a socket, and what it told of itself */
export function open(setup = {}) {
  const met = meet(setup);
  const socket = io(`${met.host}${setup.nsp ?? ""}`, { ...met.options, ...setup.options });
  return { ...met, socket, told: listen(socket) };
}

/** @returns what `open` gives, once the socket is connected */
export async function connected(setup = {}) {
  const opened = open(setup);
  await opened.world.until(() => opened.socket.connected);
  await opened.world.pass(20);
  return opened;
}

/** @returns every reserved event of a socket or a manager from now on, with its arguments */
export function listen(emitter) {
  const names =
    emitter instanceof Socket
      ? ["connect", "connect_error", "disconnect"]
      : ["open", "close", "error", "reconnect_attempt", "reconnect_error", "reconnect_failed", "reconnect"];
  const told = [];
  for (const name of names) emitter.on(name, (...args) => told.push([name, ...args]));
  return told;
}

/** @returns the names of what was told */
export const names = (told) => told.map(([name]) => name);

/** @returns how many sessions have begun */
export const sessions = (server) => [...server.sessions.values()].filter(({ generation }) => generation).length;

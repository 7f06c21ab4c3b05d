// A session in a world of its own, and what it told of itself.

import { Network } from "./network.js";
import { Server } from "./server.js";
import { World } from "./world.js";

/** The client that is tested: the sources, or what `test/bundled.test.js` names. */
export const { SendError, Session } = await import(process.env.THROUGHLINE_CLIENT ?? "../../src/index.js");

/** @returns a session at the naive server, with the events it fired */
export function meet({ faults = {}, options = {}, server: setup = {}, random } = {}) {
  const world = new World(random);
  const server = new Server(world, setup);
  const network = new Network(world, server, faults);
  return { world, server, network, ...open(network, options) };
}

/** @returns a further session on that network */
export function open(network, options = {}) {
  const session = new Session("http://server.test/realtime", { ...network.options, ...options });
  session.binaryType = "arraybuffer";
  const events = [];
  const messages = [];
  for (const type of ["open", "close", "error", "state", "transport", "resume", "blocked"])
    session.addEventListener(type, (event) => events.push(event));
  session.addEventListener("message", ({ data }) =>
    messages.push(data instanceof ArrayBuffer ? Buffer.from(data) : data),
  );
  return { session, events, messages };
}

/** @returns what `meet` gives, once the session lives */
export async function live(setup = {}) {
  const met = meet(setup);
  await met.world.until(() => met.session.state === "live");
  await met.world.pass(20);
  return met;
}

/** @returns the events of a type */
export const of = (events, type) => events.filter((event) => event.type === type);

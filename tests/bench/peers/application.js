/** What the servers of this folder have in common: the small application of `../src/servers/wish.rs`, and how they start and end. */

const ROOM = 8;
const collect = globalThis.Bun ? () => Bun.gc(true) : globalThis.gc;

/**
 * Does what a message asks for: to be sent back, to put its sender into a room, or to go to a room.
 * One that starts with `g` wants the garbage to be collected before it is sent back.
 */
export function answer(text, { send, join, broadcast }) {
  const room = text.slice(1, 1 + ROOM);
  if (text[0] === "b") return broadcast(room, text);
  if (text[0] === "j") join(room);
  if (text[0] === "g") collect();
  send(text);
}

/** Rooms for servers that have none. */
export class Rooms {
  #rooms = new Map();

  join(room, member) {
    if (!this.#rooms.has(room)) this.#rooms.set(room, new Set());
    this.#rooms.get(room).add(member);
  }

  /** Of those who are gone nobody hears: a server of this folder lives for one measurement. */
  members(room) {
    return this.#rooms.get(room) ?? [];
  }
}

/** Says where the server is, and ends it with its standard input. */
export function started(port) {
  console.log(`127.0.0.1:${port}`);
  process.stdin.on("end", () => process.exit()).resume();
}

/** The same for a server of `node:http`, which starts with it. */
export function listen(http) {
  http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => started(http.address().port));
}

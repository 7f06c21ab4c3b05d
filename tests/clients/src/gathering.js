/** Clients of all kinds in pages, in one room. These functions run in pages, and each stands on its own. */

/** @typedef {"sockjs" | "throughline" | "plain"} Kind */

/**
 * Enters the room, and is in it once it has heard itself. Then `member.say` says something there, and `member.heard` is what was said.
 * @param {Kind} kind
 * @param {string} origin
 * @param {string} who
 * @param {string} [transport]
 */
export async function enter(kind, origin, who, transport) {
  const { SockJS } = /** @type {any} */ (globalThis);
  const open = {
    sockjs: () => new SockJS(`${origin}/broadcast`, null, { transports: [transport] }),
    throughline: async () => {
      const { Session } = await import(`${origin}/realtime/client.js`);
      return new Session(`${origin}/realtime`);
    },
    plain: () => new WebSocket(`${origin.replace("http", "ws")}/broadcast/websocket`),
  };
  const client = await open[kind]();
  /** @type {string[]} */
  const heard = [];
  await new Promise((resolve, reject) => {
    client.onclose = reject;
    client.onopen = () => client.send(who);
    client.onmessage = (/** @type {{ data: string }} */ { data }) => {
      heard.push(data);
      if (data === who) resolve(undefined);
    };
  });
  Object.assign(globalThis, { member: { heard, say: (/** @type {string} */ text) => client.send(text) } });
}

/** Says numbers. @param {string} who @param {number} count */
export function count(who, count) {
  const { member } = /** @type {any} */ (globalThis);
  for (let number = 0; number < count; number += 1) member.say(`${who} ${number}`);
}

/** The numbers that one of the others has said. @param {string} who */
export function heardOf(who) {
  const { heard } = /** @type {{ heard: string[] }} */ (/** @type {any} */ (globalThis).member);
  return heard.filter((text) => text.startsWith(`${who} `)).map((text) => Number(text.slice(who.length + 1)));
}

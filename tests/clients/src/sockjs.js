/**
 * What the official client of SockJS does in a test. These functions run in Node and in pages alike, and so each of them
 * stands on its own, finds the client where scripts put it, and gives and takes texts as JSON: not everything that
 * passes texts to pages can carry halves of characters.
 */

/** Its transports, in the order in which it tries them. */
export const IN_PAGES = /** @type {const} */ ([
  "websocket",
  "xhr-streaming",
  "eventsource",
  "iframe-eventsource",
  "htmlfile",
  "iframe-htmlfile",
  "xhr-polling",
  "iframe-xhr-polling",
  "jsonp-polling",
]);
export const IN_NODE = /** @type {const} */ (["websocket", "xhr-streaming", "eventsource", "xhr-polling"]);

/** @typedef {{ code: number, reason: string, wasClean: boolean }} Ending */

/**
 * Says texts, then numbers up to `count` in bursts, each as soon as the first of the one before came back, then closes.
 * @param {string} url Of a service that echoes.
 * @param {string | undefined} transport The only one; all of them when there is none.
 * @param {string | undefined} session The session's name, where it has one of its own choice.
 * @param {string} texts
 * @param {number} count
 */
export async function converse(url, transport, session, texts, count) {
  const said = /** @type {string[]} */ (JSON.parse(texts));
  const options = {
    ...(transport && { transports: [transport] }),
    ...(session && { server: "000", sessionId: () => session }),
  };
  const client = new /** @type {any} */ (globalThis).SockJS(url, null, options);
  /** @type {string[]} */
  const heard = [];
  let look = () => {};
  /** @type {Promise<Ending>} */
  const closed = new Promise((resolve) => {
    client.onclose = (/** @type {Ending} */ { code, reason, wasClean }) => resolve({ code, reason, wasClean });
  });
  const early = closed.then((ending) => Promise.reject(new Error(`it ended: ${JSON.stringify(ending)}`)));
  early.catch(() => {});
  client.onmessage = (/** @type {{ data: string }} */ { data }) => {
    heard.push(data);
    look();
  };
  await Promise.race([new Promise((resolve) => Object.assign(client, { onopen: resolve })), early]);
  const { transport: used } = client;
  /** @param {number} messages */
  const hears = (messages) => {
    const all = new Promise((resolve) => {
      look = () => heard.length >= messages && resolve(undefined);
      look();
    });
    return Promise.race([all, early]);
  };
  for (const text of said) client.send(text);
  await hears(said.length);
  for (let number = 0; number < count; number += 1) {
    if (number % 100 === 0) await hears(said.length + number - 99);
    client.send(`${number}`);
  }
  await hears(said.length + count);
  client.close(3001, "done");
  const numbers = heard.slice(said.length).map(Number);
  return { used, texts: JSON.stringify(heard.slice(0, said.length)), numbers, ending: await closed };
}

/** Opens a session and waits for its end. @param {string} url @param {string} transport @returns {Promise<Ending & { opened: boolean }>} */
export function awaitEnd(url, transport) {
  return new Promise((resolve) => {
    let opened = false;
    const client = new /** @type {any} */ (globalThis).SockJS(url, null, { transports: [transport] });
    client.onopen = () => {
      opened = true;
    };
    client.onclose = (/** @type {Ending} */ { code, reason, wasClean }) => resolve({ opened, code, reason, wasClean });
  });
}

/**
 * Joins a room for good, and says a number there every `pace` milliseconds while `member.talks`. `member.heard` is what it heard,
 * `member.ends` how its sessions ended; a new one follows each.
 * @param {string} url
 * @param {string} transport
 * @param {string} words What its numbers begin with.
 * @param {number} pace
 */
export function join(url, transport, words, pace) {
  const member = {
    opened: 0,
    said: 0,
    talks: false,
    heard: /** @type {string[]} */ ([]),
    ends: /** @type {string[]} */ ([]),
    /** @type {(text: string) => void} */
    say: () => {},
  };
  const open = () => {
    const client = new /** @type {any} */ (globalThis).SockJS(url, null, { transports: [transport] });
    client.onopen = () => {
      member.opened += 1;
      member.say = (text) => client.send(text);
    };
    client.onmessage = (/** @type {{ data: string }} */ { data }) => member.heard.push(data);
    client.onclose = (/** @type {Ending} */ { code, reason }) => {
      member.ends.push(`${code} ${reason}`);
      setTimeout(open, 20);
    };
  };
  open();
  setInterval(() => {
    if (!member.talks) return;
    member.say(`${words}${member.said}`);
    member.said += 1;
  }, pace);
  Object.assign(globalThis, { member });
}

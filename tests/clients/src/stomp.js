/** What `@stomp/stompjs` does over SockJS in a test. It runs in Node and in pages alike, as what is in `sockjs.js`. */

/**
 * Subscribes twice, sends `count` numbers to one destination and a text to the other, waits for heart-beats of both sides,
 * then says goodbye; a second client is refused, since it begins a transaction.
 * @param {string} url Of the broker.
 * @param {string} transport
 * @param {number} count
 * @param {number} heartBeat
 * @param {string} text
 */
export async function correspond(url, transport, count, heartBeat, text) {
  const { SockJS, StompJs } = /** @type {any} */ (globalThis);
  const beats = { theirs: 0, ours: 0 };
  let look = () => {};
  const connect = async () => {
    const client = new StompJs.Client({
      webSocketFactory: () => new SockJS(url, null, { transports: [transport] }),
      reconnectDelay: 0,
      heartbeatIncoming: heartBeat,
      heartbeatOutgoing: heartBeat,
      // Whoever is slow here is this machine.
      heartbeatToleranceMultiplier: 20,
      debug: (/** @type {string} */ line) => {
        if (line === "<<< PONG") beats.theirs += 1;
        if (line === ">>> PING") beats.ours += 1;
        look();
      },
    });
    const connected = new Promise((resolve, reject) => {
      client.onConnect = resolve;
      client.onStompError = reject;
      client.onWebSocketClose = reject;
    });
    client.activate();
    await connected;
    return client;
  };
  /** @param {() => boolean} condition */
  const until = (condition) =>
    new Promise((resolve) => {
      look = () => condition() && resolve(undefined);
      look();
    });
  const client = await connect();
  const destination = `/topic/${transport}`;
  /** @type {number[]} */
  const numbers = [];
  /** @type {any[]} */
  const texts = [];
  client.subscribe(destination, (/** @type {any} */ { body }) => {
    numbers.push(Number(body));
    look();
  });
  const second = client.subscribe(`${destination}/text`, (/** @type {any} */ { body, headers }) => {
    texts.push({ body: JSON.stringify(body), custom: headers.custom, type: headers["content-type"] });
    look();
  });
  // This client takes a backslash before c, n or r for something else.
  const headers = { custom: "a:b\\d\ne", "content-type": "text/plain" };
  client.publish({ destination: `${destination}/text`, headers, body: text });
  for (let number = 0; number < count; number += 1) client.publish({ destination, body: `${number}` });
  await until(() => numbers.length >= count && texts.length >= 1);
  second.unsubscribe();
  client.publish({ destination: `${destination}/text`, body: "nobody hears this" });
  await new Promise((resolve) => {
    client.watchForReceipt("done", resolve);
    client.publish({ destination, headers: { receipt: "done" }, body: `${count}` });
  });
  await until(() => beats.theirs >= 2 && beats.ours >= 2);
  const closed = new Promise((resolve) => {
    client.onWebSocketClose = (/** @type {any} */ { code, wasClean }) => resolve({ code, wasClean });
  });
  const disconnected = new Promise((resolve) => {
    client.onDisconnect = (/** @type {any} */ { command }) => resolve(command);
  });
  await client.deactivate();
  const other = await connect();
  const refused = new Promise((resolve) => {
    other.onStompError = (/** @type {any} */ frame) => resolve(frame.headers.message);
  });
  other.begin("transaction");
  const error = await refused;
  await other.deactivate();
  return { numbers, texts, closed: await closed, disconnected: await disconnected, error };
}

/**
 * The network as the session sees it: the browser's own `fetch` and `WebSocket`, counted, with two ways to hurt them.
 * `cut` breaks what is under way; while `offline` every new request and handshake fails as well, as in a lift.
 */

const encoder = new TextEncoder();

export class Network {
  /** What it all cost. */
  requests = 0;
  bytesUp = 0;
  bytesDown = 0;
  #offline = false;
  /** @type {Set<WebSocket>} */
  #sockets = new Set();
  /** @type {Set<(why: TypeError) => void>} What breaks the requests under way. */
  #breaks = new Set();

  /** The browser's constructor with the switch in it; undefined where the browser has none. */
  WebSocket = this.#switched(globalThis.WebSocket);

  /** @type {typeof globalThis.fetch} */
  fetch = async (input, init) => {
    if (this.#offline) throw new TypeError("offline: the page's switch is on");
    this.requests += 1;
    this.bytesUp += size(init?.body);
    const response = await this.#breakable(globalThis.fetch(input, init));
    response.arrayBuffer = () => this.#breakable(this.#read(response));
    return response;
  };

  get offline() {
    return this.#offline;
  }

  /** Throws the switch, and tells the page what a browser would tell it. */
  set offline(offline) {
    this.#offline = offline;
    if (offline) this.cut();
    globalThis.dispatchEvent(new Event(offline ? "offline" : "online"));
  }

  /** Breaks every connection and request that is under way. */
  cut() {
    for (const socket of this.#sockets) socket.close();
    for (const fail of this.#breaks) fail(new TypeError("cut by the page"));
  }

  /**
   * @template Value
   * @param {Promise<Value>} work
   * @returns {Promise<Value>}
   */
  #breakable(work) {
    return new Promise((resolve, reject) => {
      this.#breaks.add(reject);
      work.then(resolve, reject).finally(() => this.#breaks.delete(reject));
    });
  }

  /** @param {Response} response */
  async #read(response) {
    const bytes = await Response.prototype.arrayBuffer.call(response);
    this.bytesDown += bytes.byteLength;
    return bytes;
  }

  /**
   * @param {typeof globalThis.WebSocket | undefined} Base
   * @returns {typeof globalThis.WebSocket | undefined}
   */
  #switched(Base) {
    return Base && new Proxy(Base, { construct: (_, values) => this.#connect(Base, values) });
  }

  /**
   * @param {typeof globalThis.WebSocket} Base
   * @param {any[]} values
   */
  #connect(Base, [url, protocols]) {
    if (this.#offline) return new DeadSocket();
    const socket = new Base(url, protocols);
    this.#sockets.add(socket);
    socket.addEventListener("message", ({ data }) => (this.bytesDown += size(data)));
    socket.addEventListener("close", () => this.#sockets.delete(socket));
    socket.send = (data) => {
      this.bytesUp += size(data);
      Base.prototype.send.call(socket, data);
    };
    return socket;
  }
}

/**
 * The bytes of a body or a message, without what HTTP and WebSocket add.
 * @param {any} data
 * @returns {number}
 */
function size(data) {
  return typeof data === "string" ? encoder.encode(data).length : (data?.byteLength ?? 0);
}

/** A handshake without a network: it fails as the browser's does, and touches nothing. */
class DeadSocket extends EventTarget {
  readyState = 0;
  binaryType = "blob";
  /** @type {((event: Event) => void) | null} */
  onopen = null;
  /** @type {((event: Event) => void) | null} */
  onmessage = null;
  /** @type {((event: Event) => void) | null} */
  onerror = null;
  /** @type {((event: Event) => void) | null} */
  onclose = null;

  constructor() {
    super();
    this.addEventListener("error", (event) => this.onerror?.(event));
    this.addEventListener("close", (event) => this.onclose?.(event));
    setTimeout(() => this.#fail());
  }

  send() {}

  close() {}

  #fail() {
    this.readyState = 3;
    this.dispatchEvent(new Event("error"));
    this.dispatchEvent(new CloseEvent("close", { code: 1006 }));
  }
}

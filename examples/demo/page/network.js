/**
 * The network as the session sees it: the browser's own `fetch` and `WebSocket`, until the page's switch says offline.
 * Then every new request and handshake fails, and what was under way is lost: as in a lift, without the lift.
 */

export class Network {
  #offline = false;
  /** @type {Set<WebSocket>} */
  #sockets = new Set();

  /** The browser's constructor with the switch in it; undefined where the browser has none. */
  WebSocket = this.#switched(globalThis.WebSocket);

  /** @type {typeof globalThis.fetch} */
  fetch = async (input, init) => {
    this.#check();
    const response = await globalThis.fetch(input, init);
    this.#check();
    return response;
  };

  get offline() {
    return this.#offline;
  }

  /** Throws the switch, and tells the page what a browser would tell it. */
  set offline(offline) {
    this.#offline = offline;
    if (offline) for (const socket of this.#sockets) socket.close();
    globalThis.dispatchEvent(new Event(offline ? "offline" : "online"));
  }

  /** `fetch` fails with a TypeError where there is no network. */
  #check() {
    if (this.#offline) throw new TypeError("offline: the page's switch is on");
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
    socket.addEventListener("close", () => this.#sockets.delete(socket));
    return socket;
  }
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

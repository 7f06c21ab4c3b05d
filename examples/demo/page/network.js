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

  /** @param {typeof WebSocket | undefined} Base */
  #switched(Base) {
    if (!Base) return undefined;
    const network = this;
    return class extends Base {
      /**
       * @param {string | URL} url
       * @param {string | string[]} [protocols]
       */
      constructor(url, protocols) {
        super(url, protocols);
        network.#sockets.add(this);
        this.addEventListener("close", () => network.#sockets.delete(this));
        // Closing a socket that is still connecting fails it, with the events of a failed handshake.
        if (network.#offline) this.close();
      }
    };
  }
}

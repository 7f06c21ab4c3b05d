/** The buttons that move the session and hurt its links. Each says in the journal what was done. */

import { find } from "./dom.js";
import { TRANSPORTS } from "./names.js";

/** @typedef {import("/realtime/client.js").Transport} Transport */

export class Controls {
  #segments = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-force]")]);
  #offline = find("offline");
  #network;
  #carrier;
  /** @type {import("/realtime/client.js").Session | undefined} */
  #session;

  /**
   * @param {import("./network.js").Network} network
   * @param {import("./carrier.js").Carrier} carrier
   */
  constructor(network, carrier) {
    this.#network = network;
    this.#carrier = carrier;
    for (const segment of this.#segments) {
      segment.addEventListener("click", () => this.#force(choice(segment)));
    }
    find("cut").addEventListener("click", () => this.#cut());
    this.#offline.addEventListener("click", () => this.#switch(!network.offline));
  }

  /**
   * A new session goes on with what was chosen for the last.
   * @param {import("/realtime/client.js").Session} session
   */
  attach(session) {
    this.#session = session;
    if (this.#carrier.forced) session.use(this.#carrier.forced);
  }

  /** @param {Transport | null} transport */
  #force(transport) {
    this.#carrier.forced = transport;
    for (const segment of this.#segments) {
      segment.setAttribute("aria-pressed", String(choice(segment) === transport));
    }
    if (transport) this.#carrier.note("move", `You chose ${TRANSPORTS[transport]}`);
    else this.#carrier.note("automatic", "You left the choice to the client");
    this.#session?.use(transport);
  }

  #cut() {
    this.#carrier.note("cut", "You cut the connection");
    this.#network.cut();
  }

  /** @param {boolean} offline */
  #switch(offline) {
    this.#offline.setAttribute("aria-checked", String(offline));
    this.#carrier.note(offline ? "offline" : "online", offline ? "You went offline" : "You came back online");
    this.#network.offline = offline;
  }
}

/**
 * What a button stands for; null: the client's own choice.
 * @param {HTMLElement} segment
 */
function choice(segment) {
  return /** @type {Transport | null} */ (segment.dataset.force || null);
}

// Listeners by the name of an event, in the shape that Socket.IO has them.
//
// A listener that is added or removed while an event is told takes part from the next one on.

/** @typedef {(...args: any[]) => void} Listener */

export class Emitter {
  /** @type {Map<string | number, (Listener & { listener?: Listener })[]>} */
  #heard = new Map();

  /** Calls a listener for each event of a name. @type {(name: string | number, listener: Listener) => this} */
  on(name, listener) {
    this.#heard.set(name, [...this.listeners(name), listener]);
    return this;
  }

  /** Calls a listener for the next event of a name. @type {(name: string | number, listener: Listener) => this} */
  once(name, listener) {
    /** @type {Listener & { listener?: Listener }} */
    const wrapped = (...args) => {
      this.off(name, wrapped);
      listener.apply(this, args);
    };
    wrapped.listener = listener;
    return this.on(name, wrapped);
  }

  /** Removes a listener, or all of a name, or all. @param {string | number} [name] @param {Listener} [listener] */
  off(name, listener) {
    if (name === undefined) this.#heard.clear();
    else {
      const rest = this.listeners(name).filter((one) => listener && one !== listener && one.listener !== listener);
      this.#heard.set(name, rest);
    }
    return this;
  }

  /** The listeners of a name. @returns {(Listener & { listener?: Listener })[]} */
  listeners(/** @type {string | number} */ name) {
    return this.#heard.get(name) ?? [];
  }

  /** Whether there is a listener of a name. @param {string | number} name */
  hasListeners(name) {
    return this.listeners(name).length > 0;
  }

  /** As `off`. */
  removeListener = this.off;
  /** As `off`. */
  removeAllListeners = this.off;

  /** Calls the listeners of a name here. @internal @type {(name: string | number, ...args: any[]) => void} */
  tell(name, ...args) {
    for (const listener of this.listeners(name)) listener.apply(this, args);
  }
}

// Listeners by the name of an event, in the shape that Socket.IO has them.
//
// A listener that is added or removed while an event is told takes part from the next one on.

/** @typedef {((...args: any[]) => void) & { listener?: (...args: any[]) => void }} Listener one that is wrapped, and then which */

/** All but one, or none. @type {(listeners: Listener[], listener?: Listener) => Listener[]} */
export const without = (listeners, listener) =>
  listeners.filter((one) => listener && one !== listener && one.listener !== listener);

export class Emitter {
  /** @type {Map<string | number, Listener[]>} */
  #heard = new Map();

  /** Calls a listener for each event of a name. @type {(name: string | number, listener: Listener) => this} */
  on(name, listener) {
    this.#heard.set(name, [...this.listeners(name), listener]);
    return this;
  }

  /** Calls a listener for the next event of a name. @type {(name: string | number, listener: Listener) => this} */
  once(name, listener) {
    /** @type {Listener} */
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
    else this.#heard.set(name, without(this.listeners(name), listener));
    return this;
  }

  /** The listeners of a name. @returns {Listener[]} */
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
    this.call(this.listeners(name), args);
  }

  /** What a listener throws is a rejection that nobody handles, and keeps nothing else from happening. @internal @type {(listeners: Listener[], args: any[]) => void} */
  call(listeners, args) {
    for (const listener of [...listeners]) new Promise(() => listener.apply(this, args));
  }
}

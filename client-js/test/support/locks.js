// Web Locks as a browser has them, one manager for all tabs of an origin: exclusive locks by name, as far as the client uses them.

export class Locks {
  #queues = new Map();

  /** @returns how many hold or wait for the lock of this name */
  count(name) {
    return this.#queues.get(name)?.length ?? 0;
  }

  async request(name, { ifAvailable, signal }, run) {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    if (ifAvailable && queue.length) return run(null);
    const leave = this.#join(queue);
    try {
      await Promise.race([leave.turn, aborted(signal)]);
      return await run({ name });
    } finally {
      leave();
    }
  }

  #join(queue) {
    let resolve;
    const turn = new Promise((done) => {
      resolve = done;
    });
    queue.push(resolve);
    queue[0]();
    const leave = () => {
      queue.splice(queue.indexOf(resolve), 1);
      queue[0]?.();
    };
    return Object.assign(leave, { turn });
  }
}

const aborted = (signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

// Virtual time: timers and the network of a test run on one clock that only the test moves.

export class World {
  time = 1_000_000;
  #tasks = [];
  #count = 0;

  /** @param {() => number} random from 0 to 1, the same for the same seed */
  constructor(random = () => 0.5) {
    this.random = random;
  }

  now = () => this.time;
  date = () => this.time + 1.7e12;

  setTimeout = (run, delay) => {
    const task = { at: this.time + Math.max(0, delay), order: this.#count++, run };
    this.#tasks.push(task);
    return task;
  };

  clearTimeout = (task) => {
    this.#tasks = this.#tasks.filter((other) => other !== task);
  };

  /** Lets this much time pass, everything due in it happens, each at its own time. */
  async pass(duration) {
    const until = this.time + duration;
    await this.settle();
    for (let task = this.#next(until); task; task = this.#next(until)) {
      this.clearTimeout(task);
      this.time = task.at;
      task.run();
      await this.settle();
    }
    this.time = until;
  }

  /** Lets time pass until something holds, or fails after `most` milliseconds. */
  async until(holds, most = 60_000) {
    const end = this.time + most;
    await this.settle();
    while (!holds()) {
      const task = this.#next(end);
      if (!task) throw new Error(`did not come about within ${most} ms: ${holds}`);
      await this.pass(task.at - this.time);
    }
  }

  /** Lets promises settle; no time passes. */
  settle() {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #next(until) {
    const due = this.#tasks.filter(({ at }) => at <= until);
    return due.reduce(
      (first, task) =>
        !first || task.at < first.at || (task.at === first.at && task.order < first.order) ? task : first,
      undefined,
    );
  }
}

/** A small generator of random numbers, for tests that must be repeatable. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One tab of a cell: it loads the empty page, begins a visit there, and tells what was counted. */

/** How long the first echo may take. */
const LIMIT = 25_000;
/** How long the page may take, and how often it is asked for. */
const PATIENCE = 8000;
const TRIES = 8;

export class Tab {
  #page;
  #sources;

  /**
   * @param {import("puppeteer-core").Page} page
   * @param {import("./sources.js").Sources} sources
   */
  constructor(page, sources) {
    this.#page = page;
    this.#sources = sources;
  }

  /** Goes away from the page, and so from its client. */
  async leave() {
    await this.#page.goto("about:blank");
  }

  /** Loads the page, and the client into it. @param {string} origin */
  async load(origin) {
    await this.#ask(origin);
    await this.#page.evaluate(async ({ library, adapter, visit }) => {
      const [made, begun] = await Promise.all([import(adapter), import(visit)]);
      const connect = await made.adapter(library);
      /** @type {any} */ (globalThis).begin = (/** @type {string} */ run) => begun.visit(connect, run);
    }, this.#sources);
  }

  /** Where the browser asks on a connection that was forgotten nothing comes; people ask again then. @param {string} origin */
  async #ask(origin) {
    for (let left = TRIES; left > 0; left -= 1) {
      try {
        await this.#page.goto(origin, { timeout: PATIENCE });
        return;
      } catch (error) {
        if (/** @type {Error} */ (error).name !== "TimeoutError" || left === 1) throw error;
        // Else the page that was given up might still come, in place of the next one.
        await this.leave();
      }
    }
  }

  /** Constructs the client; the milliseconds to its first echo, or null. @param {string} run @returns {Promise<number | null>} */
  begin(run) {
    const begin = (/** @type {string} */ run, /** @type {number} */ limit) => {
      const page = /** @type {any} */ (globalThis);
      page.visit = page.begin(run);
      const late = new Promise((resolve) => setTimeout(resolve, limit, null));
      return Promise.race([page.visit.echo, late]);
    };
    return this.#page.evaluate(begin, run, LIMIT);
  }

  /** @param {number} count @param {number} pause */
  send(count, pause) {
    return this.#page.evaluate(
      (count, pause) => /** @type {any} */ (globalThis).visit.load(count, pause),
      count,
      pause,
    );
  }

  /** @returns {Promise<{ sent: number, received: number[], gap: number, silence: number, told: number[], ends: number, transport: string | null }>} */
  report() {
    return this.#page.evaluate(() => /** @type {any} */ (globalThis).visit.report());
  }
}

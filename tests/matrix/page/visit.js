/**
 * Runs in the page: one run of one client. It asks for an echo at once, and later, on demand, sends numbered messages and
 * notes the numbers that come.
 *
 * @typedef {object} Events What an adapter tells.
 * @property {(send: (text: string) => void) => void} open A conversation begins: with `send` it is joined to the run.
 * @property {(text: string) => void} message
 * @property {(undelivered: string[]) => void} end The application was told that its session is over, and which of its
 *   messages the server may not have taken.
 *
 * @typedef {(on: Events, run: string) => { send: (text: string) => void, transport: () => string | null }} Connect
 * @typedef {(library: string) => Promise<Connect>} Adapter From the address of the client's library.
 */

/**
 * @param {Connect} connect
 * @param {string} run
 */
export function visit(connect, run) {
  const began = performance.now();
  const echoed = Promise.withResolvers();
  let last = 0;
  let sent = 0;
  let ends = 0;
  let gap = 0;
  let receivedAt = Number.POSITIVE_INFINITY;
  /** @type {number[]} */
  const received = [];
  /** @type {number[]} */
  const told = [];
  const begin = (/** @type {(text: string) => void} */ send) => send(`start ${Math.max(0, ...received) + 1} ${last}`);

  const client = connect(
    {
      open(send) {
        send(`join ${run}`);
        // Only a server that never heard of the run begins it then, and only with what is missing.
        if (last) begin(send);
      },
      message(text) {
        if (text.startsWith("echo")) return echoed.resolve(performance.now() - began);
        gap = Math.max(gap, performance.now() - receivedAt);
        receivedAt = performance.now();
        received.push(Number(text));
      },
      end(undelivered) {
        ends += 1;
        told.push(...undelivered.map(Number));
      },
    },
    run,
  );
  client.send("echo first");

  return {
    /** Milliseconds from the construction to the first echo. */
    echo: echoed.promise,

    /** @param {number} count @param {number} pause milliseconds between two messages */
    load(count, pause) {
      const start = performance.now();
      last = count;
      receivedAt = start;
      begin(client.send);
      const timer = setInterval(() => {
        const due = Math.min(count, Math.floor((performance.now() - start) / pause));
        while (sent < due) {
          sent += 1;
          client.send(`${sent}`);
        }
        if (sent === count) clearInterval(timer);
      }, pause);
    },

    /** What was counted so far. */
    report() {
      const silence = performance.now() - receivedAt;
      return { sent, received, gap, silence, told, ends, transport: client.transport() };
    },
  };
}

/** What happens to connections and bytes, whatever they carry. */

/** Long enough for what is idle to be struck. */
const IDLE = 4000;

/** @type {import("./index.js").Row[]} */
export const line = [
  { id: "cut", title: "All connections reset once", faults: ["cut"], strikes: "open" },
  {
    id: "address-change",
    title: "The client moves to another address",
    faults: ["address-change"],
    strikes: "open",
    silent: true,
  },
  { id: "cut-idle", title: "Idle connections reset after 2 s", faults: ["cut-idle=2s"], stay: IDLE },
  {
    id: "forget-idle",
    title: "Idle connections forgotten after 2 s",
    faults: ["forget-idle=2s"],
    silent: true,
    stay: IDLE,
  },
  { id: "latency", title: "300 ms more of a round trip", faults: ["latency=150ms"], strikes: "open" },
  { id: "jitter", title: "Jitter of 100 ms", faults: ["jitter=100ms"], strikes: "open" },
  { id: "bandwidth", title: "32 kB a second", faults: ["bandwidth=32k"], strikes: "open" },
  { id: "connect-delay", title: "New connections take half a second", faults: ["connect-delay=500ms"] },
];

/** Load balancers that send requests to a server which was not meant, in networks without WebSocket. */

const REFUSED = "upgrade-refused=403 PATH";

/** @type {import("./index.js").Row[]} */
export const routing = [
  {
    id: "not-sticky-second",
    title: "Requests in turn to two listeners of one process",
    faults: ["not-sticky=SECOND PATH", REFUSED],
  },
  {
    id: "misrouted-second",
    title: "Requests to another listener of the process",
    faults: ["misrouted=SECOND PATH", REFUSED],
  },
  {
    id: "not-sticky-foreign",
    title: "Requests in turn to the session's node and to a foreign one",
    faults: ["not-sticky=OTHER PATH", REFUSED],
  },
  {
    id: "misrouted-foreign",
    title: "Requests to a foreign process, as after a restart",
    faults: ["misrouted=RESTARTED PATH", REFUSED],
    ends: 1,
  },
];

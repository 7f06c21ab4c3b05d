/** Handshakes that fail, in all the ways in which they do. */

const STATUSES = {
  400: "Upgrade refused with 400",
  403: "Upgrade refused with 403",
  407: "Upgrade refused with 407: a proxy asks for credentials",
  426: "Upgrade refused with 426",
  501: "Upgrade refused with 501",
  502: "Upgrade refused with 502",
};

/** @type {import("./index.js").Row[]} */
const refused = Object.entries(STATUSES).map(([status, title]) => ({
  id: `upgrade-refused-${status}`,
  title,
  faults: [`upgrade-refused=${status} PATH`],
}));

/** @type {import("./index.js").Row[]} */
export const handshake = [
  ...refused,
  {
    id: "upgrade-stripped-page",
    title: "Upgrade taken off, a page comes back",
    faults: ["upgrade-stripped=page PATH"],
  },
  {
    id: "upgrade-stripped-upstream",
    title: "Upgrade taken off, the server answers a plain request",
    faults: ["upgrade-stripped=upstream PATH"],
  },
  {
    id: "upgrade-hung",
    title: "Handshake never answered",
    faults: ["upgrade-hung PATH"],
  },
  {
    id: "upgrade-unrelayed",
    title: "The server's 101 never passed on",
    faults: ["upgrade-unrelayed PATH"],
  },
  {
    id: "connect-refused-403",
    title: "Forward proxy refuses CONNECT with 403",
    faults: ["connect-refused=403"],
    forward: true,
  },
  {
    id: "connect-refused-407",
    title: "Forward proxy asks for credentials at CONNECT",
    faults: ["connect-refused=407"],
    forward: true,
  },
  {
    id: "connect-inspected",
    title: "Forward proxy inspects the tunnel and mutes what is in it",
    faults: ["connect-inspected", "mute=both PATH"],
    silent: true,
    forward: true,
  },
];

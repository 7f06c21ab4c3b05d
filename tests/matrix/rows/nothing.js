/** Networks in which no exchange gets through. They last for a moment, and then everything works again. */

/** @type {(id: string, title: string, faults: string[], more?: Partial<import("./index.js").Row>) => import("./index.js").Row} */
const closed = (id, title, faults, more) => ({ id, title, faults, through: false, ...more });

/** @type {import("./index.js").Row[]} */
export const nothing = [
  closed("sleep", "The computer sleeps for 2 s", ["sleep=2s"], { strikes: "open" }),
  closed("unreachable", "Connections reset as soon as they come", ["unreachable"]),
  closed("captive-portal-page", "Login page of a hotel", ["captive-portal=page PATH"]),
  closed("captive-portal-redirect", "Redirect to the login page of a hotel", ["captive-portal=redirect PATH"]),
  closed("waf-403", "Block page of a firewall, 403", ["waf=403 PATH"]),
  closed("waf-503", "Challenge of a bot filter, 503", ["waf=503 PATH"]),
  closed("body-replaced-all", "All bodies replaced by a page", ["body-replaced=all PATH", "upgrade-refused=403 PATH"]),
  closed("truncated", "All bodies end after 10 bytes", ["truncated=10 PATH", "upgrade-refused=403 PATH"]),
];

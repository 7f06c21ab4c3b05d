/**
 * The networks that are measured, in groups. Faults are lines of the hostile proxy, where words in capitals stand for what
 * a cell has: PATH for `path=` and the stack's path, so that the page itself loads; SECOND for another listener of the
 * server's process, OTHER for another node, RESTARTED for a node of the same name without its sessions.
 */

import { handshake } from "./handshake.js";
import { intermediaries } from "./intermediaries.js";
import { line } from "./line.js";
import { nothing } from "./nothing.js";
import { requests } from "./requests.js";
import { routing } from "./routing.js";
import { sockets } from "./sockets.js";

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} title For people.
 * @property {string[]} faults
 * @property {"open" | "new"} [strikes] What they strike: connections that are open, or, by default, new ones and requests.
 *   Then the open ones are cut in the middle of the load, so that the client must come back through this network.
 * @property {boolean} [through] Whether any exchange gets through while they last, which is the default. Where none does
 *   they are lifted after a moment.
 * @property {boolean} [silent] Nobody is told that a connection is dead, so that a client has to notice by itself.
 * @property {number} [stay] Milliseconds for which the first visit goes on at least, where it is idleness that is struck.
 * @property {boolean} [harmless] Our client gives the fault nothing to strike.
 * @property {number} [ends] Explicit ends of our session that are right here, in place of none.
 * @property {number} [tabs] In so many tabs at once, in place of one.
 * @property {boolean} [forward] The browser is told to use a forward proxy.
 * @property {"before" | "behind"} [by] A real intermediary is there; the proxy that plays the distance lies before or
 *   behind it.
 * @property {string} [file] Its configuration in `tests/proxy`.
 */

const GROUPS = {
  "Nothing in the way": [{ id: "none", title: "No fault", faults: [], strikes: "open" }],
  "WebSocket handshakes": handshake,
  "WebSocket frames": sockets,
  "Requests, where no WebSocket works": requests,
  "Routing, where no WebSocket works": routing,
  "The line": line,
  "Nothing gets through, for a moment": nothing,
  "Real intermediaries": intermediaries,
};

/** @type {(Row & { group: string })[]} */
export const ROWS = Object.entries(GROUPS).flatMap(([group, rows]) => rows.map((row) => ({ ...row, group })));

/** What is measured: each stack is a server, a client's library, and an adapter that joins it to the page. */

import { recovery, socketio } from "./socketio.js";
import { sockjs } from "./sockjs.js";
import { throughline } from "./throughline.js";

/**
 * @typedef {object} Stack
 * @property {string} id
 * @property {string} name For people.
 * @property {string} path Where its server listens for it, and so what the faults strike.
 * @property {() => Record<string, string>} versions
 * @property {(node: string) => string[]} server The program to start and its words. Peers know no name of a node.
 * @property {() => string} library The file of its client.
 * @property {string} page The file in `page` that drives the client.
 */

export const STACKS = [throughline, sockjs, socketio, recovery];

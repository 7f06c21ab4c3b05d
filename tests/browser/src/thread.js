/** A thread of Node that holds a session of its own. */

import { parentPort, workerData } from "node:worker_threads";
import { plainly } from "./node.js";

const { origin, transport } = workerData;
parentPort?.postMessage(await plainly(origin, transport));

// The entry of a classic script: `io` becomes a global, as pages know it that load the script from a Socket.IO server.

import { io } from "./index.js";

Object.assign(globalThis, { io });

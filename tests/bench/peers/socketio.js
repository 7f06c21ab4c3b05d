/** `socket.io` with its defaults. */

import { createServer } from "node:http";
import { Server } from "socket.io";
import { listen } from "./application.js";
import { serve } from "./events.js";

const http = createServer();
serve(new Server(http));
listen(http);

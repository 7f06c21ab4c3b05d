/** `socket.io` on Bun, with the engine that its makers have for it. */

import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { started } from "./application.js";
import { serve } from "./events.js";

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
serve(io);
const server = Bun.serve({ ...engine.handler(), hostname: "127.0.0.1", port: 0 });
started(server.port);

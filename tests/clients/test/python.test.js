// A client that is not JavaScript: python-socketio, as its registry has it.

import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Server } from "../src/server.js";

const TALK = fileURLToPath(new URL("../python/talk.py", import.meta.url));
const NUMBERS = Array.from({ length: 1_000 }, (_, number) => [number]);

/** The transports that it is told to use, and the one that it ends up with. */
const KINDS = { polling: ["polling"], websocket: ["websocket"], default: [] };

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start("--ping-interval", "300");
});
after(() => server.stop());

describe("python-socketio", { concurrency: true }, () => {
  for (const [kind, transports] of Object.entries(KINDS)) {
    it(`hears everything in its order, bytes too, is answered, and is told what is none: ${kind}`, async () => {
      const { stdout } = await promisify(execFile)("python3", [TALK, server.origin, ...transports]);
      const { auth, custom, answer, transport, refusal, "message-back": heard } = JSON.parse(stdout);
      assert.deepEqual([auth, custom], [[{ token: "abc" }], [{ token: "abc" }]]);
      assert.deepEqual(heard[0], [1, "two", { three: [4, null, true] }, "é€𝄞", "0102"]);
      assert.deepEqual(heard.slice(1), NUMBERS);
      assert.deepEqual(answer, ["a", { b: "ff" }]);
      assert.equal(transport, kind === "default" ? "websocket" : kind);
      assert.match(refusal, /\/nothing/);
    });
  }
});

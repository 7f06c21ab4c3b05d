// Words for people.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { describe, reason } from "../src/words.js";

test("every code of the specification has a sentence of its own", () => {
  const spec = readFileSync(new URL("../../protocol-spec/README.md", import.meta.url), "utf8");
  const codes = [...spec.matchAll(/^\| (\d{4}) \| `/gm)].map(([, code]) => Number(code));
  assert.ok(codes.length >= 19);
  const sentences = codes.map(reason);
  assert.equal(new Set(sentences).size, codes.length);
  for (const sentence of sentences) assert.match(sentence, /^[A-Z].*\.$/);
});

test("an application's code is named as such, an unknown one is named", () => {
  assert.match(reason(3001), /application.*3001/);
  assert.match(reason(4999), /4999/);
});

test("a verdict is a sentence with its evidence", () => {
  const verdict = { verdict: "refused", evidence: "closed 1006" };
  assert.equal(describe("websocket", verdict), "WebSocket is refused on this network (closed 1006).");
  assert.equal(describe("periodic", { verdict: "unknown" }), "Periodic polling was not tried lately.");
});

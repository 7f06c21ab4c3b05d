// The declarations that are emitted for the package, checked by a consumer.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function tsc(...parameters) {
  try {
    execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, ...parameters], {
      cwd: root,
      encoding: "utf8",
    });
  } catch ({ stdout, message }) {
    assert.fail(stdout || message);
  }
}

test("a consumer compiles against the emitted declarations", () => {
  tsc("-p", "tsconfig.types.json");
  tsc("-p", "types-test");
});

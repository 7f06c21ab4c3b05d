// The bundle: its size, that it is what the sources give, and that it stands alone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { bundle } from "../scripts/build.js";

/** What the bundle may weigh: gzip -9, in bytes. */
const MOST = 7000;
const assets = new URL("../../server/assets/", import.meta.url);
const committed = (name) => readFileSync(new URL(name, assets));

test("the committed bundle is what the sources give, byte for byte", async () => {
  const built = await bundle();
  assert.deepEqual([...built.keys()].sort(), ["client.js", "client.js.map"]);
  for (const [name, contents] of built) assert.ok(committed(name).equals(contents), `${name} is stale: npm run build`);
});

test("the bundle keeps to its size", () => {
  const code = committed("client.js");
  const zipped = gzipSync(code, { level: 9 }).length;
  console.log(`size: client.js is ${code.length} bytes, ${zipped} bytes gzip -9 (at most ${MOST})`);
  assert.ok(zipped <= MOST, `${zipped} bytes`);
});

test("the bundle imports nothing, and exports what the package does", async () => {
  assert.doesNotMatch(committed("client.js").toString(), /\bimport\s*[("{*]|from\s*"/);
  const [bundled, sources] = await Promise.all([import(new URL("client.js", assets)), import("../src/index.js")]);
  assert.deepEqual(Object.keys(bundled).sort(), Object.keys(sources).sort());
});

test("words for people are not in the bundle", () => {
  assert.doesNotMatch(committed("client.js").toString(), /at capacity|on this network/);
});

test("the source map names no place outside the package", () => {
  const { sources } = JSON.parse(committed("client.js.map"));
  assert.ok(sources.length > 5);
  for (const source of sources) assert.match(source, /^\.\.\/src\//);
});

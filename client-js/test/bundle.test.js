// The bundles: their size, that they are what the sources give, and that they stand alone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { bundle } from "../scripts/build.js";

/** What each bundle may weigh: gzip -9, in bytes. */
const MOST = { "client.js": 7000, "events.js": 9500, "socket.io.js": 9500 };
const NAMES = Object.keys(MOST);
const assets = new URL("../../server/assets/", import.meta.url);
const committed = (name) => readFileSync(new URL(name, assets));

test("the committed bundles are what the sources give, byte for byte", async () => {
  const built = await bundle();
  assert.deepEqual([...built.keys()].sort(), NAMES.flatMap((name) => [name, `${name}.map`]).sort());
  for (const [name, contents] of built) assert.ok(committed(name).equals(contents), `${name} is stale: npm run build`);
});

test("the bundles keep to their size", () => {
  for (const [name, most] of Object.entries(MOST)) {
    const code = committed(name);
    const zipped = gzipSync(code, { level: 9 }).length;
    console.log(`size: ${name} is ${code.length} bytes, ${zipped} bytes gzip -9 (at most ${most})`);
    assert.ok(zipped <= most, `${name}: ${zipped} bytes`);
  }
});

test("the bundles import nothing, and export what the package does", async () => {
  for (const name of NAMES) assert.doesNotMatch(committed(name).toString(), /\bimport\s*[("{*]|from\s*"/);
  for (const [name, source] of [
    ["client.js", "../src/index.js"],
    ["events.js", "../src/events/index.js"],
  ]) {
    const [bundled, sources] = await Promise.all([import(new URL(name, assets)), import(source)]);
    assert.deepEqual(Object.keys(bundled).sort(), Object.keys(sources).sort());
  }
});

test("the classic script gives the page one global", () => {
  const page = { URL, TextEncoder, TextDecoder };
  const before = Object.keys(page);
  runInNewContext(committed("socket.io.js").toString(), page);
  assert.deepEqual(Object.keys(page), [...before, "io"]);
  assert.deepEqual(Object.keys(page.io).sort(), ["Manager", "Socket", "connect", "io", "protocol"]);
  const socket = page.io("https://server.test/chat", { autoConnect: false });
  assert.ok(socket instanceof page.io.Socket && socket.io instanceof page.io.Manager);
});

test("words for people are not in the bundles", () => {
  for (const name of NAMES) assert.doesNotMatch(committed(name).toString(), /at capacity|on this network/);
});

test("the source maps name no place outside the package", () => {
  for (const name of NAMES) {
    const { sources } = JSON.parse(committed(`${name}.map`));
    assert.ok(sources.length > 5);
    for (const source of sources) assert.match(source, /^\.\.\/src\//);
  }
});

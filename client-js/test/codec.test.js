// The codec vectors of the specification, which the Rust codec runs as well.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { fromBatch, fromMessage, toBatch, toMessage } from "../src/wire.js";
import { fromJson, hex, toJson, unhex } from "./support/frames.js";

const folder = new URL("../../protocol-spec/vectors/codec/", import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const { vectors } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  for (const vector of vectors) {
    test(`codec vector ${file}: ${vector.name}`, () => (vector.error ? rejects(vector) : agrees(vector)));
  }
}

const carried = (vector) => vector.text ?? unhex(vector.hex);
const decode = ({ carrier }, bytes) => (carrier === "batch" ? fromBatch(bytes) : [fromMessage(bytes)]);

/** The client's codec writes what clients say and reads what servers say. */
const SAID_BY_CLIENTS = ["hello", "poll"];
const SAID_BY_SERVERS = ["welcome"];

function rejects(vector) {
  const isOfClient = vector.role === "server" || vector.hex?.includes(hex('"token":'));
  if (isOfClient) return;
  assert.throws(() => decode(vector, carried(vector)));
}

function agrees(vector) {
  const says = (kinds) =>
    vector.frames.some(({ kind, json }) => kinds.includes(kind) || (kind === "token" && json?.token));
  if (!says(SAID_BY_CLIENTS)) reads(vector);
  if (!says(SAID_BY_SERVERS) && !vector.decode_only) writes(vector);
}

function reads(vector) {
  const decoded = decode(vector, carried(vector)).map(toJson);
  assert.deepEqual(vector.decode_only ? decoded.map(understood(vector)) : decoded, vector.frames);
}

function writes(vector) {
  const frames = vector.frames.map((frame) => fromJson(frame));
  const encoded = vector.carrier === "batch" ? toBatch(frames) : toMessage(frames[0]);
  assert.equal(typeof encoded === "string" ? encoded : hex(encoded), vector.text ?? vector.hex);
}

/** Members that nobody knows are ignored by whoever reads the frame, not by the codec. */
const understood = (vector) => (frame, index) => {
  const known = Object.keys(vector.frames[index].json ?? {});
  return frame.json ? { ...frame, json: Object.fromEntries(known.map((name) => [name, frame.json[name]])) } : frame;
};

// The timed transcripts of the specification for the client's role.

import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { play } from "./support/player.js";

const folder = new URL("../../protocol-spec/vectors/client/", import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const { transcripts } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  for (const transcript of transcripts.filter(({ role }) => role === "client")) {
    test(`${file}: ${transcript.name} (${transcript.ids.join(", ")})`, () => play(transcript));
  }
}

// Builds the bundles that the server serves: `client.js`, the session; `events.js`, with the events on it; and
// `socket.io.js`, the same as a classic script. Each is minified, stands alone, and has its source map.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { minify } from "@swc/core";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = fileURLToPath(new URL("../../server/assets/", import.meta.url));

/**
 * Properties that only our own modules see, so that they may have short names in the bundle. None of them is
 * part of the public face, of the wire, of what is stored, or of the platform.
 */
const SESSION = [
  "acknowledge again begin better bytes carrier closed connect core deadline deadlines drop dropped failed fits",
  "isLong isText kind last leads leave links live log number order plan probe pump race refresh rest say startAt",
  "act bad content end tick tries want weight welcomed won",
].flatMap((names) => names.split(" "));
/** The same where there are events: there, `connect` is public. */
const EVENTS = [
  ...SESSION.filter((name) => name !== "connect"),
  ..."admit arrive call ended enter greet knows later parts tell verdicts write".split(" "),
];

const BUNDLES = [
  { name: "client.js", entry: "src/index.js", format: "esm", internal: SESSION },
  { name: "events.js", entry: "src/events/index.js", format: "esm", internal: EVENTS },
  { name: "socket.io.js", entry: "src/events/script.js", format: "iife", internal: EVENTS },
];

/** @returns the files of the bundles, by name, as bytes; the same sources always give the same bytes */
export async function bundle() {
  const files = await Promise.all(BUNDLES.map(minified));
  return new Map(files.flat());
}

async function minified(bundle) {
  const { code: joined, map: content } = await join(bundle);
  // What lies at the top of a script would be global.
  const toplevel = bundle.format === "esm";
  const { code, map } = await minify(joined, {
    module: toplevel,
    ecma: 2022,
    compress: { ecma: 2022, passes: 2, toplevel, unsafe: true, unsafe_arrows: true, pure_getters: true },
    mangle: { toplevel },
    sourceMap: { content },
  });
  return [
    [bundle.name, Buffer.from(`${code}\n`)],
    [`${bundle.name}.map`, Buffer.from(`${map}\n`)],
  ];
}

/** All modules as one. */
async function join({ name, entry, format, internal }) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: `out/${name}`,
    bundle: true,
    mangleProps: new RegExp(`^(${internal.join("|")})$`),
    format,
    target: "es2022",
    charset: "utf8",
    sourcemap: "external",
    sourceRoot: "throughline",
    minifySyntax: true,
    write: false,
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  return { code, map };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, contents] of await bundle()) writeFileSync(target + name, contents);
}

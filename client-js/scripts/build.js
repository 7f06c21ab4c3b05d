// Builds the bundle that the server serves as `client.js`: one minified module and its source map.

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
const INTERNAL = [
  "acknowledge again begin better bytes carrier closed connect core deadline deadlines drop dropped failed fits",
  "kind last leave links live number order plan pump race refresh rest say startAt tick welcomed won",
].flatMap((names) => names.split(" "));

/** @returns the files of the bundle, by name, as bytes; the same sources always give the same bytes */
export async function bundle() {
  const { code: joined, map: content } = await join();
  const { code, map } = await minify(joined, {
    module: true,
    ecma: 2022,
    compress: { ecma: 2022, passes: 2, toplevel: true, unsafe: true, unsafe_arrows: true, pure_getters: true },
    mangle: { toplevel: true },
    sourceMap: { content },
  });
  return new Map([
    ["client.js", Buffer.from(`${code}\n`)],
    ["client.js.map", Buffer.from(`${map}\n`)],
  ]);
}

/** All modules as one. */
async function join() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/index.js"],
    outfile: "out/client.js",
    bundle: true,
    mangleProps: new RegExp(`^(${INTERNAL.join("|")})$`),
    format: "esm",
    target: "es2022",
    charset: "utf8",
    sourcemap: "external",
    sourceRoot: "throughline",
    write: false,
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  return { code, map };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, contents] of await bundle()) writeFileSync(target + name, contents);
}

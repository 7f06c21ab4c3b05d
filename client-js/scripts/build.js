// Builds the bundle that the server serves as `client.js`: one minified module and its source map.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = fileURLToPath(new URL("../../server/assets/", import.meta.url));

/** @returns the files of the bundle, by name, as bytes; the same sources always give the same bytes */
export async function bundle() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/index.js"],
    outfile: "out/client.js",
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    sourcemap: true,
    sourceRoot: "throughline",
    write: false,
  });
  return new Map(outputFiles.map(({ path, contents }) => [path.split(/[/\\]/).at(-1), contents]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, contents] of await bundle()) writeFileSync(target + name, contents);
}

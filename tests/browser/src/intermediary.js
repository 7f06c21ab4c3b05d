/**
 * A program of Debian's between the browser and the server, in a folder of its own, with a configuration from
 * `tests/proxy`. It listens on a Unix socket there where it can, and `wire` is how the browser reaches it.
 */

import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start, stop } from "./child.js";
import { until } from "./until.js";
import { Wire } from "./wire.js";

/** How each is started, and what it writes once it runs. */
const PROGRAMS = /** @type {Record<string, { path: string, words: (file: string) => string[], sign: string }>} */ ({
  nginx: {
    path: "/usr/sbin/nginx",
    words: (file) => ["-p", ".", "-c", file, "-e", "error.log"],
    sign: "nginx.pid",
  },
  haproxy: { path: "/usr/sbin/haproxy", words: (file) => ["-db", "-q", "-f", file], sign: "front.sock" },
  squid: { path: "/usr/sbin/squid", words: (file) => ["-N", "-f", file], sign: "squid.pid" },
});

const SOCKET = "front.sock";

export class Intermediary {
  #folder;
  #child;
  /** What lies between the browser and it. */
  wire;

  /**
   * @param {string} folder
   * @param {import("node:child_process").ChildProcess} child
   * @param {Wire} wire
   */
  constructor(folder, child, wire) {
    this.#folder = folder;
    this.#child = child;
    this.wire = wire;
  }

  /**
   * @param {string} configuration A file of `tests/proxy`; its name begins with the program's.
   * @param {Record<string, string>} values What to put in place of its words in capitals.
   * @param {(folder: string) => void} [prepare] Puts into its folder what it needs beside that.
   */
  static async start(configuration, values, prepare) {
    const folder = await mkdtemp(join(tmpdir(), "throughline-proxy-"));
    // Some give up root's rights before they write there.
    await chmod(folder, 0o777);
    const port = String(await freePort());
    const text = await readFile(new URL(`../../proxy/${configuration}`, import.meta.url), "utf8");
    const all = Object.entries({ ...values, FOLDER: folder, PORT: port });
    const filled = all.reduce((text, [word, value]) => text.replaceAll(word, value), text);
    await writeFile(join(folder, configuration), filled);
    prepare?.(folder);
    const { path, words, sign } = PROGRAMS[configuration.split(/[-.]/)[0]];
    const child = start(path, words(join(folder, configuration)), { cwd: folder });
    const runs = () => child.exitCode !== null || exists(join(folder, sign));
    await until(`${configuration} runs or has given up`, runs);
    if (child.exitCode !== null) throw new Error(`${configuration} ended with ${child.exitCode}`);
    const target = filled.includes(SOCKET) ? { path: join(folder, SOCKET) } : { port: Number(port) };
    return new this(folder, child, await Wire.open(target));
  }

  get origin() {
    return `http://${this.wire.address}`;
  }

  /** The Unix socket on which it listens. */
  get socket() {
    return join(this.#folder, SOCKET);
  }

  /** One of the files that it writes, "" as long as there is none. @param {string} file */
  read(file) {
    return readFile(join(this.#folder, file), "utf8").catch(() => "");
  }

  async stop() {
    this.wire.close();
    await stop(this.#child);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** @param {string} file */
function exists(file) {
  return readFile(file).then(
    () => true,
    ({ code }) => code === "ENXIO",
  );
}

/** For programs that cannot be told to take any: free a moment ago. @returns {Promise<number>} */
function freePort() {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    }),
  );
}

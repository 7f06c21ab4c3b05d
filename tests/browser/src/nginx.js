/**
 * Debian's nginx in front of a server: TLS with a certificate that nobody signed, made on the spot, and HTTP/2. The
 * configuration is `tests/proxy/nginx.conf`.
 */

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start, stop } from "./child.js";
import { until } from "./until.js";
import { Wire } from "./wire.js";

const CONFIGURATION = new URL("../../proxy/nginx.conf", import.meta.url);
const SOCKET = "tls.sock";
const CERTIFICATE =
  "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost " +
  "-addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout key.pem -out certificate.pem";

export class Nginx {
  #folder;
  #child;
  /** What lies between the browser and nginx. */
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

  /** @param {string} upstream The address behind: `127.0.0.1:PORT`. */
  static async start(upstream) {
    const folder = await mkdtemp(join(tmpdir(), "throughline-nginx-"));
    execFileSync("openssl", CERTIFICATE.split(" "), { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const configuration = await readFile(CONFIGURATION, "utf8");
    await writeFile(join(folder, "nginx.conf"), configuration.replaceAll("UPSTREAM", upstream));
    const child = start("/usr/sbin/nginx", ["-p", folder, "-c", "nginx.conf", "-e", "error.log"], { cwd: folder });
    const wire = await Wire.open({ path: join(folder, SOCKET) });
    const nginx = new Nginx(folder, child, wire);
    // It has opened its socket when it writes its number.
    const settled = async () => child.exitCode !== null || (await nginx.#read("nginx.pid"));
    if ((await until("nginx runs or has given up", settled)) === true) throw new Error(await nginx.#read("error.log"));
    return nginx;
  }

  get origin() {
    return `https://${this.wire.address}`;
  }

  /** The Unix socket on which it speaks TLS. */
  get socket() {
    return join(this.#folder, SOCKET);
  }

  /** What came, one line for each request that has ended: protocol, method, path, status. */
  async requests() {
    return (await this.#read("access.log")).split("\n").filter(Boolean);
  }

  async stop() {
    this.wire.close();
    await stop(this.#child);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** @param {string} file */
  #read(file) {
    return readFile(join(this.#folder, file), "utf8").catch(() => "");
  }
}

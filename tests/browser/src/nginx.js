/** nginx with TLS, for which a certificate that nobody signed is made on the spot, and HTTP/2: `tests/proxy/nginx.conf`. */

import { execFileSync } from "node:child_process";
import { Intermediary } from "./intermediary.js";

const CERTIFICATE =
  "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost " +
  "-addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout key.pem -out certificate.pem";

export class Nginx extends Intermediary {
  /**
   * @param {string} upstream The address behind: `127.0.0.1:PORT`.
   * @returns {Promise<Nginx>}
   */
  static before(upstream) {
    return Nginx.start("nginx.conf", { UPSTREAM: upstream }, certify);
  }

  get origin() {
    return `https://${this.wire.address}`;
  }

  /** What came, one line for each request that has ended: protocol, method, path, status. */
  async requests() {
    return (await this.read("access.log")).split("\n").filter(Boolean);
  }
}

/** @param {string} folder */
function certify(folder) {
  execFileSync("openssl", CERTIFICATE.split(" "), { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

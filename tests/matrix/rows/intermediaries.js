/** Programs that people put between browsers and servers, with the settings of `tests/proxy`. */

/** @type {(id: string, title: string, file: string) => import("./index.js").Row} */
const reverse = (id, title, file) => ({ id, title, faults: [], by: "before", file });

/** @type {(id: string, title: string, file: string) => import("./index.js").Row} */
const forward = (id, title, file) => ({ id, title, faults: [], by: "behind", forward: true, file });

/** @type {import("./index.js").Row[]} */
export const intermediaries = [
  { id: "nginx", title: "nginx with TLS and HTTP/2", faults: [], by: "behind", file: "nginx.conf" },
  reverse("nginx-plain", "nginx by default, without upgrade", "nginx-plain.conf"),
  reverse("nginx-impatient", "nginx with a read timeout of 5 s", "nginx-impatient.conf"),
  reverse("nginx-retrying", "nginx that retries at a second listener", "nginx-retrying.conf"),
  reverse("haproxy-short", "HAProxy with timeouts of 5 s", "haproxy-short.cfg"),
  reverse("haproxy-buffering", "HAProxy that buffers requests", "haproxy-buffering.cfg"),
  forward("squid-open", "squid with CONNECT to our port", "squid-open.conf"),
  forward("squid-closed", "squid without CONNECT to our port", "squid-closed.conf"),
];

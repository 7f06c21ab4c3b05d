/** Requests that are refused, swallowed, repeated, held back or garbled, in networks without WebSocket. */

/** Long enough for a held request to be cut. */
const IDLE = 4000;
const REFUSED = "upgrade-refused=403 PATH";

/** @type {(id: string, title: string, fault: string, more?: Partial<import("./index.js").Row>) => import("./index.js").Row} */
const polled = (id, title, fault, more) => ({ id, title, faults: [`${fault} PATH`, REFUSED], ...more });

/** @type {import("./index.js").Row[]} */
export const requests = [
  polled("cut-request-504", "Requests cut after 2 s with 504", "cut-request=2s,504", { stay: IDLE }),
  polled("cut-request-reset", "Requests reset after 2 s", "cut-request=2s,reset", { stay: IDLE }),
  polled("buffered", "Answers held back until they are complete", "buffered"),
  {
    id: "buffered-hung",
    title: "Answers held back, and handshakes never answered: streams and WebSocket both broken",
    faults: ["buffered PATH", "upgrade-hung PATH"],
  },
  polled("post-swallowed", "Bodies of POST vanish", "post-swallowed"),
  {
    id: "post-swallowed-get-repeated",
    title: "Bodies of POST vanish, and GET is executed twice",
    faults: ["post-swallowed PATH", "get-repeated PATH", REFUSED],
  },
  polled("post-blocked", "POST refused with 405", "methods-allowed=GET,HEAD"),
  polled("post-repeated", "POST executed twice", "post-repeated"),
  polled("post-aborted-executed", "Every third POST reset after it was executed", "post-aborted=executed odds=33%"),
  polled("post-aborted-lost", "Every third POST reset unheard", "post-aborted=lost odds=33%"),
  polled("get-repeated", "GET executed twice", "get-repeated", { harmless: true }),
  polled("get-cached", "GET answered from a cache", "get-cached", { harmless: true }),
  polled("get-serialised", "GETs for one address wait for each other", "get-serialised", { harmless: true }),
  polled("body-replaced-errors", "Bodies of errors replaced by a page", "body-replaced=errors", { harmless: true }),
  polled("status-replaced", "Every status becomes 200", "status-replaced=200"),
  polled("http10", "HTTP/1.0 towards the server", "http10"),
  polled("chunking-stripped", "Answers in HTTP/1.0 without a length", "chunking-stripped"),
  polled("types-blocked", "Binary content types blocked", "types-blocked=application/octet-stream"),
  polled("methods-allowed", "Only GET, HEAD and POST", "methods-allowed", { harmless: true }),
  polled("headers-stripped", "Own headers taken off", "headers-stripped", { harmless: true }),
  polled("cookies-stripped", "Cookies taken off", "cookies-stripped", { harmless: true }),
  {
    id: "tabs-8",
    title: "Eight tabs share the browser's six connections",
    faults: [REFUSED],
    tabs: 8,
  },
];

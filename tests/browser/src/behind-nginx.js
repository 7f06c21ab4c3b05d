/**
 * `node behind-nginx.js ADDRESS` puts nginx in front of a server and prints an address: plain HTTP/1.1 that is spoken
 * there reaches the server through TLS and HTTP/2. It ends, and nginx with it, when its standard input does, and so
 * with whoever started it.
 */

import { once } from "node:events";
import { Nginx } from "./nginx.js";
import { Plain } from "./plain.js";

const nginx = await Nginx.before(process.argv[2]);
const plain = await Plain.open(nginx.socket);
console.log(plain.address);
await once(process.stdin.resume(), "end");
plain.close();
await nginx.stop();

/**
 * `npm run first-echo` measures how long a new connection takes to its first echo, over round-trip times that the hostile
 * proxy plays: a bare WebSocket, a session over WebSocket alone, over long polling alone, and as the client chooses by
 * itself, where everything works and where WebSocket does not. Medians of 20, in milliseconds, from the constructor on, in
 * a page that has three connections open and remembers nothing. Each session is waited for until what should carry it does.
 */

import { program } from "./cargo.js";
import { line, start, stop } from "./child.js";
import { launch } from "./chromium.js";
import { Hostile } from "./hostile.js";

const ROUND_TRIPS = [0, 50, 150, 300];
const ALL = ["websocket", "long_poll", "periodic"];
const AT = "path=/realtime";
const TIMES = 20;

/**
 * @typedef {object} Way
 * @property {string} title
 * @property {string[]} [transports] A bare WebSocket is no session.
 * @property {string} [ends] What should carry the session in the end.
 * @property {string[]} [faults]
 */

/** @type {Way[]} */
const WAYS = [
  { title: "bare WebSocket" },
  { title: "WebSocket alone", transports: ["websocket"], ends: "websocket" },
  { title: "long polling alone", transports: ["long_poll"], ends: "long_poll" },
  { title: "the client's choice", transports: ALL, ends: "websocket" },
  { title: "WebSocket refused", transports: ALL, ends: "long_poll", faults: [`upgrade-refused=403 ${AT}`] },
  { title: "hung", transports: ALL, ends: "long_poll", faults: [`upgrade-hung ${AT}`] },
  { title: "mute", transports: ALL, ends: "long_poll", faults: [`mute=both ${AT}`] },
];

// The example of an echo says nothing of its own accord, which a poll might bring in the echo's place.
const server = start(program("throughline-echo"), ["--listen", "127.0.0.1:0"]);
const [host] = await line(server, /127\.0\.0\.1:\d+/);
const { browser, close } = await launch();
console.log(`| round trip | ${WAYS.map(({ title }) => title).join(" | ")} |`);
console.log(`|---|${"---|".repeat(WAYS.length)}`);
for (const trip of ROUND_TRIPS) {
  const distance = trip ? [`latency=${trip / 2}ms`, `connect-delay=${trip}ms`] : [];
  const hostile = await Hostile.start(host);
  await hostile.set(distance);
  // Any page of the origin, but one without a session of its own, which might hold the lead among the tabs.
  const tab = await browser.newPage();
  await tab.emulateFocusedPage(true);
  await tab.goto(`${hostile.origin}/realtime/client.js`);
  const medians = [];
  for (const way of WAYS) {
    await hostile.set([...distance, ...(way.faults ?? [])]);
    medians.push(Math.round(await median(tab, way)));
  }
  console.log(`| ${trip} ms | ${medians.join(" | ")} |`);
  await tab.close();
  await hostile.stop();
}
await close();
await stop(server, "SIGINT");

/**
 * @param {import("puppeteer-core").Page} tab
 * @param {Way} way
 */
async function median(tab, { transports, ends }) {
  const times = [];
  while (times.length < TIMES) {
    await tab.evaluate(warmUp);
    times.push(await (transports ? tab.evaluate(sessionEcho, transports, ends) : tab.evaluate(bareEcho)));
  }
  return times.sort((one, other) => one - other)[TIMES / 2];
}

/** Runs in the page: a page that was just loaded has a few connections open. */
async function warmUp() {
  const ask = () => fetch("/realtime/client.js", { cache: "no-store" }).then((answer) => answer.text());
  await Promise.all([ask(), ask(), ask()]);
}

/** Runs in the page: a WebSocket says a hello, which the server answers at once. */
async function bareEcho() {
  const began = performance.now();
  const socket = new WebSocket("/realtime/websocket");
  socket.onopen = () => socket.send(new TextEncoder().encode(`\x01${'{"v":1}'.padEnd(1535)}`));
  await new Promise((resolve) => socket.addEventListener("message", resolve));
  const took = performance.now() - began;
  socket.close();
  await new Promise((resolve) => socket.addEventListener("close", resolve));
  return took;
}

/**
 * Runs in the page: a session asks for one echo.
 * @param {string[]} transports
 * @param {string} [ends]
 */
async function sessionEcho(transports, ends) {
  const { Session } = await import(/** @type {string} */ ("/realtime/client.js"));
  const storage = { getItem: () => null, setItem() {} };
  const began = performance.now();
  const session = new Session("/realtime", { transports, storage, queue: 1000 });
  session.send("echo");
  await new Promise((resolve) => session.addEventListener("message", resolve, { once: true }));
  const took = performance.now() - began;
  while (session.transport !== ends)
    await new Promise((resolve) => session.addEventListener("transport", resolve, { once: true }));
  session.close();
  await new Promise((resolve) => session.addEventListener("close", resolve));
  return took;
}

/**
 * `npm run first-echo` measures how long a new session takes to its first echo, over round-trip times that the hostile
 * proxy plays: over WebSocket alone, over long polling alone, and as the client races them by itself. Medians of 20, in
 * milliseconds, from the constructor on, in a page that has three connections open.
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { line, start, stop } from "./child.js";
import { Stage } from "./stage.js";

const ROUND_TRIPS = [0, 50, 150, 300];
const WAYS = /** @type {Record<string, string[] | undefined>} */ ({
  "WebSocket alone": ["websocket"],
  "long polling alone": ["long_poll"],
  "the race": undefined,
});
const TIMES = 20;
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HOSTILE = ["run", "--quiet", "--locked", "--package", "throughline-hostile", "--bin", "hostile", "--"];

const stage = await Stage.open();
execFileSync("cargo", [...HOSTILE, "--list"], { cwd: ROOT, stdio: "ignore" });
console.log(["| round trip |", ...Object.keys(WAYS), ""].join(" | ").replace("| |", "|"));
console.log("|---|---|---|---|");
for (const trip of ROUND_TRIPS) {
  const faults = trip ? [`latency=${trip / 2}ms`, `connect-delay=${trip}ms`] : [];
  const words = ["--upstream", new URL(stage.demo.origin).host, "--listen", "127.0.0.1:0"];
  const proxy = start("cargo", [...HOSTILE, ...words, ...faults.flatMap((fault) => ["--fault", fault])], { cwd: ROOT });
  const [, address] = await line(proxy, /"listen":"([\d.:]+)"/);
  const page = await stage.page(`http://${address}`);
  const medians = [];
  for (const transports of Object.values(WAYS)) medians.push(Math.round(await median(page.tab, transports)));
  console.log(`| ${trip} ms | ${medians.join(" | ")} |`);
  await page.close();
  await stop(proxy, "SIGINT");
}
await stage.close();

/**
 * @param {import("puppeteer-core").Page} tab
 * @param {string[] | undefined} transports
 */
async function median(tab, transports) {
  const times = await tab.evaluate(echoes, transports, TIMES);
  return times.sort((one, other) => one - other)[TIMES / 2];
}

/**
 * Runs in the page: so many sessions, one after the other, each asks for one echo.
 * @param {string[] | undefined} transports
 * @param {number} count
 */
async function echoes(transports, count) {
  const { Session } = await import(/** @type {string} */ ("/realtime/client.js"));
  const storage = { getItem: () => null, setItem() {} };
  const times = [];
  while (times.length < count) {
    // A page that was just loaded has a few connections open.
    await Promise.all([1, 2, 3].map(() => fetch("/realtime/client.js", { cache: "no-store" }).then((it) => it.text())));
    const began = performance.now();
    const session = new Session("/realtime", { transports, storage, queue: 1000 });
    session.send(JSON.stringify({ type: "ping", id: 1 }));
    await new Promise((resolve) =>
      session.addEventListener("message", ({ data }) => JSON.parse(data).type === "pong" && resolve(undefined)),
    );
    times.push(performance.now() - began);
    session.close();
    await new Promise((resolve) => session.addEventListener("close", resolve));
  }
  return times;
}

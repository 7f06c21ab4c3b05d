// Real intermediaries with the settings that people have: what the client ends up using behind each, and why, and that
// nothing is lost there. Two sessions each: the demo's, under load, and an idle one, which is what timeouts strike.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { Intermediary } from "../../src/intermediary.js";
import { NOTHING, wrong } from "../../src/moves.js";
import { Stage } from "../../src/stage.js";
import { Unsteady } from "../../src/unsteady.js";

/**
 * @typedef {object} Row
 * @property {string} title
 * @property {string} file
 * @property {string} uses What carries the session in the end.
 * @property {string} websocket The verdict on WebSocket.
 * @property {number} [cuts] So often an idle link is cut until it is kept busy.
 */

/** @type {Row[]} */
const REVERSE = [
  { title: "nginx by default, without upgrade", file: "nginx-plain.conf", uses: "long_poll", websocket: "refused" },
  {
    title: "nginx with a read timeout of 5 s",
    file: "nginx-impatient.conf",
    uses: "websocket",
    websocket: "works",
    cuts: 1,
  },
  {
    title: "nginx that retries at a second listener",
    file: "nginx-retrying.conf",
    uses: "long_poll",
    websocket: "refused",
  },
  { title: "HAProxy with timeouts of 5 s", file: "haproxy-short.cfg", uses: "websocket", websocket: "works", cuts: 1 },
  { title: "HAProxy that buffers requests", file: "haproxy-buffering.cfg", uses: "websocket", websocket: "works" },
];

/** @type {Row[]} */
const FORWARD = [
  { title: "squid with CONNECT to our port", file: "squid-open.conf", uses: "websocket", websocket: "works" },
  { title: "squid without CONNECT to our port", file: "squid-closed.conf", uses: "long_poll", websocket: "refused" },
];

/** @type {Stage} */
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

describe("behind a reverse proxy", { concurrency: 3 }, () => {
  for (const row of REVERSE) {
    it(`${row.title}: ${row.uses}`, async () => {
      const upstream = new URL(stage.demo.origin).host;
      const unsteady = await Unsteady.open(upstream);
      const proxy = await Intermediary.start(row.file, { UPSTREAM: upstream, SECOND: unsteady.address });
      const page = await stage.page(proxy.origin);
      await holds(row, page);
      if (row.file.includes("retrying")) assert.ok(unsteady.dropped > 10, `${unsteady.dropped} requests were retried`);
      await page.close();
      await proxy.stop();
      unsteady.close();
    });
  }
});

describe("behind a forward proxy", { concurrency: 2 }, () => {
  for (const row of FORWARD) {
    it(`${row.title}: ${row.uses}`, async () => {
      const proxy = await Intermediary.start(row.file, {});
      const page = await stage.page(stage.demo.origin, { proxy: proxy.wire.address });
      await holds(row, page);
      assert.ok(proxy.wire.bytes > 50_000, "the proxy saw the traffic");
      await page.close();
      await proxy.stop();
    });
  }
});

/**
 * @param {Row} row
 * @param {import("../../src/page.js").DemoPage} page
 */
async function holds({ title, uses, websocket, cuts = 0 }, page) {
  const idle = idleSession(page, cuts);
  await page.live(uses);
  await page.startStream();
  await page.flows(200);
  assert.deepEqual(wrong(await page.stopStream()), NOTHING);
  const { verdict, evidence, away } = await idle;
  assert.equal(verdict, websocket);
  assert.ok(Math.max(0, ...away) < 1000, `an idle session was without a link for ${away} ms`);
  const longest = away.length ? `, an idle link was cut, gap ${Math.max(...away)} ms` : "";
  console.log(`network: ${title}: ${uses}; WebSocket ${[verdict, evidence].filter(Boolean).join(", ")}${longest}`);
}

/**
 * A session of the page's that says nothing: how long it was without a link, each time, until that was often enough.
 * @param {import("../../src/page.js").DemoPage} page
 * @param {number} cuts
 */
function idleSession(page, cuts) {
  return page.tab.evaluate(async (cuts) => {
    const { Session } = await import(/** @type {string} */ ("/realtime/client.js"));
    const session = new Session("/realtime");
    const away = /** @type {number[]} */ ([]);
    await new Promise((resolve) => session.addEventListener("open", resolve));
    while (away.length < cuts) {
      const { detail } = await new Promise((resolve) => session.addEventListener("resume", resolve, { once: true }));
      away.push(Math.round(detail.away));
    }
    const known = () => session.verdicts.websocket.verdict !== "unknown";
    while (!known()) await new Promise((resolve) => setTimeout(resolve, 50));
    const { verdict, evidence = "" } = session.verdicts.websocket;
    session.close();
    return { verdict, evidence, away };
  }, cuts);
}

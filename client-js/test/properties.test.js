// Properties of a session over a network that loses, cuts, repeats and moves: against a naive model,
// which is the list of what was sent.

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { meet } from "./support/session.js";
import { seeded } from "./support/world.js";

const TRANSPORTS = ["websocket", "long_poll", "periodic"];

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("up"), size: fc.nat(40) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("down"), size: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass"), time: fc.nat(3000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("use"), transport: fc.constantFrom(...TRANSPORTS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("probe", "free") }) },
);

/** A network that does something bad to one thing in `rarity`. */
const hostile = (random, rarity) => (what) => {
  if (random() * rarity > 1) return undefined;
  const fates = {
    request: ["refused", "answer lost", "truncated", "repeated", "portal", "unavailable"],
    handshake: ["refused", "muted", "deafened"],
    up: ["cut", "lost"],
    down: ["cut", "lost"],
  }[what];
  return fates[Math.floor(random() * fates.length)];
};

const numbers = (count) => Array.from({ length: count }, (_, index) => index);
const numberOf = (data) => Number.parseInt(data, 10);

/** Plays steps, then lets the network be good, and looks at what arrived on either side. */
async function play(seed, steps, limits) {
  const random = seeded(seed);
  const befalls = hostile(random, 12);
  const met = meet({ random, faults: { befalls }, options: { queue: 1 << 20 }, server: { limits } });
  const { world, session, server, network, messages } = met;
  let up = 0;
  let down = 0;
  const does = {
    up: ({ size }) => session.send(`${up++} ${"x".repeat(size)}`),
    down: ({ size }) =>
      server.session && server.send(server.session, { kind: "text", text: `${down++} ${"x".repeat(size)}` }),
    cut: () => network.cut(),
    use: ({ transport }) => session.use(transport),
    probe: () => network.page.dispatchEvent(new Event("online")),
    free: () => session.use(null),
    pass: ({ time }) => world.pass(time),
  };
  // Sessions that were only offered never begin.
  await world.until(() => server.session?.generation, 300_000);
  for (const one of steps) await does[one.do](one);
  network.befalls = () => undefined;
  session.use(null);
  await world.until(
    () => messages.length >= down && server.session.received.length >= up && session.bufferedAmount === 0,
    600_000,
  );
  await world.pass(1000);
  assert.deepEqual(server.session.received.map(numberOf), numbers(up));
  assert.deepEqual(messages.map(numberOf), numbers(down));
  assert.ok([...server.sessions.values()].every(({ starts }) => starts <= 1));
  return met;
}

// spec: SEQ-7, SEQ-3, POL-4, POL-5
test("each message arrives once and in order, whatever the network does", async () => {
  const property = fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 40 }), async (seed, steps) => {
    await play(seed, steps);
  });
  await fc.assert(property, { numRuns: 300, seed: 20_261_121 });
});

// spec: FLW-1, NET-2
test("small windows and batches change nothing of it", async () => {
  const property = fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 40 }), async (seed, steps) => {
    await play(seed, steps, { message: 64, window: 160, batch: 1200 });
  });
  await fc.assert(property, { numRuns: 200, seed: 20_261_122 });
});

// spec: FAT-1
test("when the server forgets the session, each message has exactly one fate", async () => {
  const property = fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 30 }), async (seed, steps) => {
    const { world, session, server, network } = await play(seed, steps.slice(0, 10));
    const taken = session.stats.up.ack;
    let closed;
    session.onclose = (event) => {
      closed = event;
    };
    for (const { size = 0 } of steps) session.send("y".repeat(size));
    server.sessions.clear();
    network.cut();
    await world.until(() => closed, 300_000);
    assert.equal(closed.code, 4502);
    assert.deepEqual(
      closed.fates.map(({ seq }) => seq),
      numbers(steps.length).map((index) => taken + index + 1),
    );
    assert.ok(closed.fates.every(({ fate }) => ["received", "unknown", "lost"].includes(fate)));
  });
  await fc.assert(property, { numRuns: 100, seed: 20_261_123 });
});

// spec: NET-2
test("a link that always cuts at the same byte makes progress", async () => {
  const { world, session, server, network, messages } = meet({ options: { transports: ["long_poll"] } });
  await world.until(() => session.readyState === 1);
  const { fetch } = network.options;
  assert.ok(fetch);
  const limit = 3000;
  network.befalls = (what, number) =>
    what === "request" && network.requests[number - 1].body.length > limit ? "refused" : undefined;
  for (let index = 0; index < 100; index++) {
    session.send(`${index} ${"x".repeat(500)}`);
    server.send(server.session, { kind: "text", text: `${index}` });
  }
  await world.until(() => server.session.received.length === 100 && messages.length === 100, 300_000);
  assert.deepEqual(server.session.received.map(numberOf), numbers(100));
});

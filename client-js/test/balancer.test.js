// Behind a balancer that spreads requests over nodes: one that is not the session's does nothing with a request, so it is sent again.

import assert from "node:assert/strict";
import test from "node:test";
import { meet, of } from "./support/session.js";

// spec: ATT-8
test("where every other request goes to a foreign node the session opens at once, and loses nothing", async () => {
  for (const post of [undefined, "unavailable"]) {
    const befalls = (what, number) => (what === "request" && number % 2 ? "elsewhere" : undefined);
    const { world, session, server, messages, events } = meet({
      faults: { befalls, post },
      options: { WebSocket: null },
    });
    await world.until(() => session.readyState === 1, 200);
    for (let number = 0; number < 50; number++) {
      session.send(`${number}`);
      server.send(server.session, { kind: "text", text: `${number}` });
      await world.pass(20);
    }
    await world.until(() => server.session.received.length === 50 && messages.length === 50, 2000);
    const numbers = Array.from({ length: 50 }, (_, number) => `${number}`);
    assert.deepEqual([server.session.received, messages], [numbers, numbers]);
    assert.deepEqual(of(events, "resume"), []);
  }
});

test("where the session's node is not found it is looked for ever more slowly, until it would have forgotten the session", async () => {
  const { world, session, network, events } = meet({ options: { WebSocket: null } });
  await world.until(() => session.state === "live");
  const before = network.requests.length;
  network.befalls = () => "elsewhere";
  network.cut();
  await world.pass(60_000);
  const asked = network.requests.length - before;
  assert.ok(asked > 20 && asked < 200, `${asked} requests in a minute`);
  assert.equal(session.readyState, 1);
  await world.until(() => session.readyState === 3, 180_000);
  const [{ code, retry }] = of(events, "close");
  assert.deepEqual([code, retry], [4504, true]);
});

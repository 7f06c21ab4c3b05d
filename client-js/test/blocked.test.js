// Somebody else answers in the server's place: a login page, a block page. That is "network not ready", and never an error.

import assert from "node:assert/strict";
import test from "node:test";
import { meet, of } from "./support/session.js";

const evidence = (events) => of(events, "blocked").map(({ detail }) => detail.evidence);

// spec: NET-1
for (const [http, seen] of [
  ["portal", "foreign 200"],
  ["redirect", "foreign redirect"],
  ["block page", "foreign 403"],
]) {
  test(`where the answer is ${http} the application hears once that the network is not ready`, async () => {
    const { world, session, network, events } = meet({ faults: { websocket: "refused", http } });
    await world.until(() => of(events, "blocked").length, 1000);
    await world.pass(60_000);
    assert.deepEqual(evidence(events), [seen]);
    assert.deepEqual([of(events, "error"), of(events, "close"), session.readyState], [[], [], 0]);
    Object.assign(network, { websocket: "works", http: "works" });
    network.page.dispatchEvent(new Event("visibilitychange"));
    await world.until(() => session.readyState === 1, 100);
  });
}

test("it hears so again when that happens to a session that was live", async () => {
  const { world, session, server, network, events } = meet({ faults: { websocket: "refused" } });
  await world.until(() => session.state === "live");
  for (const count of [1, 2]) {
    network.http = "portal";
    network.cut();
    await world.until(() => of(events, "blocked").length === count);
    network.http = "works";
    await world.until(() => of(events, "resume").length === count);
  }
  session.send("still the same");
  await world.until(() => server.session.received.length === 1);
});

test("it hears nothing where a WebSocket gets through, nor where nobody answers or a gateway that finds our server gone", async () => {
  for (const faults of [
    { http: "portal" },
    ...["refused", "unavailable"].map((http) => ({ http, websocket: "refused" })),
  ]) {
    const { world, events } = meet({ faults });
    await world.pass(60_000);
    assert.deepEqual(evidence(events), []);
  }
});

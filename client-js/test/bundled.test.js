// The tests of the public face once more, against the bundle: short names for internal properties must not change
// what it does.

process.env.THROUGHLINE_CLIENT = new URL("../../server/assets/client.js", import.meta.url).href;

await import("./session.test.js");
await import("./page.test.js");
await import("./race.test.js");
await import("./leader.test.js");
await import("./text.test.js");
await import("./blocked.test.js");
await import("./balancer.test.js");
await import("./properties.test.js");

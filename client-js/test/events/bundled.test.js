// The tests of the events once more, against the bundle: short names for internal properties must not change what it does.

process.env.THROUGHLINE_EVENTS = new URL("../../../server/assets/events.js", import.meta.url).href;

await import("./socket.test.js");
await import("./manager.test.js");

/** WebSockets that open and then fail. */

const WAYS = { up: "to the server", down: "to the browser", both: "both ways" };
const ways = Object.entries(WAYS);

/** @type {import("./index.js").Row[]} */
const muted = ways.map(([way, words]) => ({
  id: `mute-${way}`,
  title: `Open and silent, ${words}`,
  faults: [`mute=${way} PATH`],
  strikes: "open",
  silent: true,
}));

/** @type {import("./index.js").Row[]} */
const dropped = ways.map(([way, words]) => ({
  id: `first-frame-dropped-${way}`,
  title: `First frame lost, ${words}`,
  faults: [`first-frame-dropped=${way} PATH`],
}));

/** @type {import("./index.js").Row[]} */
export const sockets = [
  ...muted,
  ...dropped,
  {
    id: "frames-corrupted",
    title: "Frames become forbidden ones",
    faults: ["frames-corrupted=both PATH"],
    strikes: "open",
  },
  {
    id: "compressed-corrupted",
    title: "Compressed frames broken",
    faults: ["compressed-corrupted=both PATH"],
    strikes: "open",
    harmless: true,
  },
  {
    id: "frames-split",
    title: "Frames split into fragments",
    faults: ["frames-split=both PATH"],
    strikes: "open",
  },
];

/** How the picture looks. It has a ground of its own, since a page's may be light while the reader's system is dark. */

/** What each kind is drawn with: ground and ink, by light and by dark. */
const COLOURS = {
  clean: { light: ["#d6efee", "#0a5457"], dark: ["#0f3c3e", "#9be8e4"] },
  late: { light: ["#ffedb8", "#6f4700"], dark: ["#4d3a00", "#ffdc85"] },
  ended: { light: ["#e3e0fb", "#40359a"], dark: ["#332d6e", "#d0caff"] },
  wrong: { light: ["#ffd3c4", "#932700"], dark: ["#73230b", "#ffcbb8"] },
  never: { light: ["#343a42", "#ffffff"], dark: ["#e4e8ed", "#14181d"] },
  unmeasured: { light: ["#ffffff", "#707a85"], dark: ["#0d1117", "#838d97"] },
};
const PAPER = {
  light: { ground: "#ffffff", ink: "#1f2328", soft: "#59636e" },
  dark: { ground: "#0d1117", ink: "#e6edf3", soft: "#9aa4ae" },
};

/** @param {"light" | "dark"} mode */
function rules(mode) {
  const { ground, ink, soft } = PAPER[mode];
  const kinds = Object.entries(COLOURS).map(([kind, colours]) => {
    const [ground, ink] = colours[mode];
    return `.${kind}{color:${ink}}.${kind} rect{fill:${ground}}`;
  });
  return `.paper{fill:${ground}}text{fill:${ink}}.soft{fill:${soft}}${kinds.join("")}`;
}

export const STYLE = [
  "text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}",
  ".big{font-size:20px;font-weight:600}.strong{font-weight:600}.small{font-size:12px}",
  rules("light"),
  `@media(prefers-color-scheme:dark){${rules("dark")}}`,
  // After the colours of plain text.
  "g text.own{fill:currentColor}path{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}",
].join("\n");

/** A sign of each kind, around the origin. Drawn, so that no font can lack it. */
export const SIGNS = /** @type {Record<import("./outcome.js").Kind, string>} */ ({
  clean: "M-4.5,0.5L-1.5,4L5,-4",
  late: "M0,-5a5,5 0 1 0 .01,0M0,-2V.5L2,2",
  ended: "M-4,-4H4V4H-4Z",
  wrong: "M-4,-4L4,4M4,-4L-4,4",
  never: "M0,-5a5,5 0 1 0 .01,0M-3.5,3.5L3.5,-3.5",
  unmeasured: "M-4,0H4",
});

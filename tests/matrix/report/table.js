/** The long table in Markdown: a line for each network, with what went wrong in bold. */

import { table as markdown } from "./markdown.js";
import { time } from "./numbers.js";
import { echoes, flaws, KINDS, kindOf } from "./outcome.js";
import { overview } from "./overview.js";
import { cellOf, circumstances, groups } from "./results.js";

/** A gap that is worth a word. In milliseconds. */
const GAP = 1000;

/** @param {import("./results.js").Results} results */
export function table(results) {
  const head = ["", ...results.stacks.map(({ name }) => name)];
  const sections = groups(results).map(([group, rows]) => {
    const lines = rows.map((row) => [row.title, ...results.stacks.map((stack) => shown(cellOf(results, row, stack)))]);
    return `## ${group}\n\n${markdown(head, lines)}`;
  });
  const parts = [opening(results), overview(results), PICTURE, ...sections, legend(results)];
  return `${parts.join("\n\n")}\n`;
}

/** What one cell says. @param {import("./results.js").Cell | undefined} cell */
function shown(cell) {
  const { sign } = KINDS[kindOf(cell)];
  if (!cell) return sign;
  const gap = cell.gap >= GAP ? `gap ${time(cell.gap)}` : "";
  const said = [...flaws(cell).map((flaw) => `**${flaw}**`), echoes(cell), gap];
  return `${sign} ${said.filter(Boolean).join(" · ")}`;
}

const PICTURE = "![The same as a picture: a line for each network, a column for each stack](matrix.svg)";

/** @param {import("./results.js").Results} results */
function opening({ rows, stacks }) {
  return `# What comes through hostile networks

${stacks.length} realtime stacks in Chromium, behind ${rows.length} networks each of which is broken in its own way. In how many of them each stack was clean:`;
}

/** @param {import("./results.js").Results} results */
function legend(results) {
  const { load } = results;
  const kinds = Object.values(KINDS).map(({ sign, words }) => `- ${sign} ${words}`);
  return `## How to read it

${kinds.join("\n")}

\`110 / 60 ms\` are the times from the client's construction to its first echo: on a first visit, and on a second one, when the client may
remember what it learnt. The load is ${load.per_second} messages a second each way for ${load.seconds} s, and the fault strikes in its middle. A message
counts as lost if it did not arrive and no end named it as undelivered. A gap is the longest time without a message, and is told from ${GAP / 1000} s
on. In networks where nothing gets through for a moment, the times include the moment, and their first echoes count neither for the median nor for the worst. Requests and
transports are in [\`matrix.json\`](matrix.json), and [the matrix](../README.md) says more of how it was measured.

${circumstances(results)}. \`cargo xtask matrix\` measures it again.`;
}

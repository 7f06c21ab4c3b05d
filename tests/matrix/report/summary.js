/** What the README says about the results, between two marks. */

import { overview } from "./overview.js";
import { circumstances } from "./results.js";

const BEGIN = "<!-- matrix -->";
const END = "<!-- /matrix -->";

/**
 * The text with the summary of these results between its marks; without results there is nothing between them.
 * @param {string} text
 * @param {import("./results.js").Results | undefined} results
 */
export function insert(text, results) {
  const [before, ...rest] = text.split(BEGIN);
  const [, after, ...more] = rest.join(BEGIN).split(END);
  if (rest.length !== 1 || after === undefined || more.length > 0) throw new Error(`no single ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n${results ? `${summary(results)}\n` : ""}${END}${after}`;
}

/** @param {import("./results.js").Results} results */
function summary(results) {
  const { rows } = results;
  return `## Behind hostile networks

In how many of ${rows.length} networks, each broken in its own way, every message arrived once, in order and without a long wait:

${overview(results)}

First echoes are those in networks that let something through. ${circumstances(results)}:
[every network and how to read it](tests/matrix/results/matrix.md), [as a picture](tests/matrix/results/matrix.svg).`;
}

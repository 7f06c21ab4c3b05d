/** All that is made of the file of results. */

import { picture } from "./picture.js";
import { insert } from "./summary.js";
import { table } from "./table.js";

/**
 * Each file's path in the repository, with what belongs into it.
 * @param {import("./results.js").Results} results
 * @param {string} readme The README as it is.
 * @returns {Record<string, string>}
 */
export function report(results, readme) {
  return {
    "tests/matrix/results/matrix.md": table(results),
    "tests/matrix/results/matrix.svg": picture(results),
    "README.md": insert(readme, results),
  };
}

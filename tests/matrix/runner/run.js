/**
 * Measures cells and writes the file of results: `node runner/run.js`, with
 *   --stack ID      only this stack, may be repeated
 *   --row ID        only this row, may be repeated
 *   --seconds N     how long the load takes, 10 by default
 *   --together N    so many cells at a time, 4 by default
 *   --out FILE      the file, `results/matrix.json` by default; cells that it holds are not measured again,
 *                   unless the file is of other seconds, of more or fewer at a time, or of other cores: then it begins anew
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ROWS } from "../rows/index.js";
import { STACKS } from "../stacks/index.js";
import { measure } from "./cell.js";
import { Results } from "./results.js";
import { Stand } from "./stand.js";
import { together } from "./together.js";

/** Longer than a client needs to learn that a handshake hangs. */
const STAY = 12_000;

const { values } = parseArgs({
  options: {
    stack: { type: "string", multiple: true, default: STACKS.map(({ id }) => id) },
    row: { type: "string", multiple: true, default: ROWS.map(({ id }) => id) },
    seconds: { type: "string", default: "10" },
    together: { type: "string", default: "4" },
    out: { type: "string", default: fileURLToPath(new URL("../results/matrix.json", import.meta.url)) },
  },
});

/**
 * @template {{ id: string }} T
 * @param {T[]} all
 * @param {string[]} ids
 */
function chosen(all, ids) {
  return ids.map((id) => {
    const found = all.find((one) => one.id === id);
    if (!found) throw new Error(`${id} is none of ${all.map((one) => one.id).join(", ")}`);
    return found;
  });
}

const stand = await Stand.open();
const stacks = chosen(STACKS, values.stack);
const how = { seconds: Number(values.seconds), stay: STAY };
const versions = Object.assign(
  { chromium: await stand.version(), node: process.versions.node },
  ...STACKS.map((stack) => stack.versions()),
);
const atATime = Number(values.together);
const results = new Results(values.out, versions, { seconds: how.seconds, together: atATime });
const cells = chosen(ROWS, values.row).flatMap((row) => stacks.map((stack) => ({ row, stack })));
const left = cells.filter(({ row, stack }) => !results.has(`${row.id}/${stack.id}`));
console.log(`${left.length} of ${cells.length} cells are to be measured`);

await together(atATime, left, async ({ row, stack }) => {
  const id = `${row.id}/${stack.id}`;
  try {
    const { struck, ...cell } = await measure(row, await stand.lab(stack, how));
    results.set(id, cell);
    console.log(`${id}: ${JSON.stringify(cell)}; struck: ${struck.join(", ") || "nothing"}`);
  } catch (error) {
    console.error(`${id}: ${error}`);
    process.exitCode = 1;
  }
});
await stand.close();

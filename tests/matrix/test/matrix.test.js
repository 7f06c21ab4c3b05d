// Our client in every network of the matrix, with a short load: nothing is lost, repeated or reordered, and no session
// ends but where a foreign process took over. How long anything took is not looked at.

import { strict as assert } from "node:assert";
import { after, before, describe, it } from "node:test";
import { ROWS } from "../rows/index.js";
import { measure } from "../runner/cell.js";
import { sum } from "../runner/count.js";
import { Stand } from "../runner/stand.js";
import { throughline } from "../stacks/throughline.js";

const SECONDS = 2;
const TOGETHER = 8;

describe("the matrix", { concurrency: TOGETHER }, () => {
  /** @type {Stand} */
  let stand;
  /** @type {import("../runner/count.js").Counts[]} */
  const all = [];
  before(async () => {
    stand = await Stand.open();
  });
  after(async () => {
    const { sent, lost, repeated, reordered } = sum(all);
    const wrongs = `lost ${lost}, repeated ${repeated}, reordered ${reordered}`;
    console.log(`matrix: ${all.length / 2} hostile networks, ${sent} messages, ${wrongs}`);
    await stand.close();
  });

  for (const row of ROWS) {
    it(`${row.id}: ${row.title}`, async () => {
      const { struck, ...cell } = await measure(row, await stand.lab(throughline, { seconds: SECONDS, stay: 0 }));
      const { first, remembered, transport, up, down, ends } = cell;
      all.push(up, down);
      const counts = JSON.stringify({ up, down, ends });
      console.log(`${row.id}: ${counts}; ${first} and ${remembered} ms to the first echo; ${transport} in the end`);
      const sent = SECONDS * 100 * (row.tabs ?? 1);
      const clean = { sent, lost: 0, repeated: 0, reordered: 0 };
      assert.deepEqual({ up, down, ends }, { up: clean, down: clean, ends: row.ends ?? 0 });
      assert.ok(first !== null && remembered !== null, "both visits heard their echo");
      const due = row.by ? "intermediary" : row.faults[0]?.split(/[= ]/)[0];
      if (due && !row.harmless) assert.ok(struck.includes(due), `${due} struck, not only ${struck}`);
    });
  }
});

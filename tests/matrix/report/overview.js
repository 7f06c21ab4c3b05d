/** The short table: in how many networks of each group each stack was clean, and its figures over all of them. */

import { table } from "./markdown.js";
import { groups } from "./results.js";
import { clean, totals } from "./totals.js";

/** @param {import("./results.js").Results} results */
export function overview(results) {
  const { stacks, rows } = results;
  const counted = (/** @type {import("./results.js").Row[]} */ rows) =>
    stacks.map((stack) => clean(results, rows, stack));
  const columns = stacks.map((stack) => totals(results, stack));
  const figures = columns[0].map(([name], index) => [name, ...columns.map((column) => column[index][1])]);
  return table(
    ["", ...stacks.map(({ name }) => name)],
    [
      ...groups(results).map(([group, rows]) => [group, ...counted(rows)]),
      ["**All networks**", ...counted(rows).map((text) => `**${text}**`)],
      ...figures,
    ],
  );
}

// How messages are counted: what a number that comes, comes again, comes late or never comes is called.

import { strict as assert } from "node:assert";
import { describe, it } from "node:test";
import { count, sum } from "../runner/count.js";

describe("of the numbers that were sent", () => {
  const cases = /** @type {[string, Parameters<typeof count>, [number, number, number]][]} */ ([
    ["all came", [3, [1, 2, 3]], [0, 0, 0]],
    ["none came", [3, []], [3, 0, 0]],
    ["the last one never came", [3, [1, 2]], [1, 0, 0]],
    ["one came again", [3, [1, 2, 2, 3, 1]], [0, 2, 0]],
    ["one came after a higher one", [3, [1, 3, 2]], [0, 0, 1]],
    ["one was told to be undelivered", [3, [1, 2], [3]], [0, 0, 0]],
    ["one was told to be undelivered and came all the same", [3, [1, 2, 3], [3]], [0, 0, 0]],
  ]);
  for (const [title, words, [lost, repeated, reordered]] of cases) {
    it(title, () => assert.deepEqual(count(...words), { sent: words[0], lost, repeated, reordered }));
  }

  it("those of several tabs are added up", () => {
    const both = sum([count(2, [1]), count(3, [1, 1, 3, 2])]);
    assert.deepEqual(both, { sent: 5, lost: 1, repeated: 1, reordered: 1 });
  });
});

// What is made of the results says what is in them, with a word and a sign for every way in which a cell can turn out.

import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { report } from "../report/index.js";
import { median, time, times } from "../report/numbers.js";
import { headline, kindOf } from "../report/outcome.js";
import { insert } from "../report/summary.js";
import { lines } from "../report/svg.js";

const ROOT = new URL("../../../", import.meta.url);
const RESULTS = "tests/matrix/results/matrix.json";
const read = (/** @type {string} */ path) => readFileSync(new URL(path, ROOT), "utf8");

const ALL = { sent: 1000, lost: 0, repeated: 0, reordered: 0 };
const CLEAN = { first: 110, remembered: 60, transport: "websocket", up: ALL, down: ALL, gap: 90, requests: 3, ends: 0 };

/** Every way in which a cell can turn out: its kind, and what there is to say where there is room for one thing. */
const CASES = /** @type {const} */ ({
  clean: [CLEAN, "clean", "110 / 60"],
  slow: [{ ...CLEAN, first: 4999, remembered: 1000 }, "clean", "4,999 / 1,000"],
  late: [{ ...CLEAN, first: 14_200 }, "late", "echo 14 s"],
  gap: [{ ...CLEAN, gap: 30_400 }, "late", "gap 30 s"],
  ended: [{ ...CLEAN, ends: 1 }, "ended", "ended"],
  often: [{ ...CLEAN, ends: 2 }, "ended", "ended 2 times"],
  lost: [{ ...CLEAN, up: { ...ALL, lost: 900 }, down: { ...ALL, lost: 334 } }, "wrong", "1,234 lost"],
  repeated: [{ ...CLEAN, down: { ...ALL, repeated: 3 } }, "wrong", "3 repeated"],
  reordered: [{ ...CLEAN, up: { ...ALL, reordered: 2 }, ends: 1 }, "wrong", "2 reordered"],
  never: [{ ...CLEAN, first: null, remembered: null, down: { ...ALL, lost: 7 } }, "never", "never"],
  again: [{ ...CLEAN, remembered: null }, "never", "never again"],
  missing: [undefined, "unmeasured", ""],
});

/** One stack has all cases, the other is clean; the last group lets nothing through for a moment. */
const FIXTURE = {
  date: "2026-01-02",
  versions: { chromium: "1.2", other: "3.4" },
  round_trip: 50,
  load: { seconds: 10, per_second: 100, together: 4, cores: 2 },
  stacks: [
    { id: "good", name: "Good" },
    { id: "bad", name: "Bad <&> co" },
  ],
  rows: [
    ...Object.keys(CASES).map((id) => ({ id, group: "Cases", title: `Case | ${id}`, through: true })),
    { id: "asleep", group: "Moments", title: "Asleep", through: false },
  ],
  cells: Object.fromEntries([
    ...Object.keys(CASES).map((id) => [`${id}/good`, CLEAN]),
    ...Object.entries(CASES).flatMap(([id, [cell]]) => (cell ? [[`${id}/bad`, cell]] : [])),
    ["asleep/good", { ...CLEAN, first: 2900 }],
  ]),
};
const README = "# Name\n\n<!-- matrix -->\nolder figures\n<!-- /matrix -->\n\nrest\n";
const made = report(FIXTURE, README);
const {
  "README.md": readme,
  "tests/matrix/results/matrix.md": table,
  "tests/matrix/results/matrix.svg": picture,
} = made;

describe("a cell", () => {
  for (const [name, [cell, kind, said]] of Object.entries(CASES)) {
    it(`that is ${name} is ${kind}, and says ${JSON.stringify(said)}`, () => {
      assert.deepEqual([kindOf(cell), headline(cell)], [kind, said]);
    });
  }
});

describe("the table", () => {
  const line = (/** @type {string} */ id) => table.split("\n").find((line) => line.startsWith(`| Case \\| ${id} |`));

  it("has a section for each group and a line for each network", () => {
    assert.equal(table.match(/^## (Cases|Moments)$/gm)?.length, 2);
    assert.equal(table.match(/^\| (Case|Asleep).*✓/gm)?.length, FIXTURE.rows.length);
  });

  it("says all that went wrong", () => {
    const bad = {
      clean: "✓ 110 / 60 ms",
      gap: "◷ 110 / 60 ms · gap 30 s",
      often: "■ **ended 2 times** · 110 / 60 ms",
      reordered: "✗ **2 reordered** · **ended** · 110 / 60 ms",
      never: "⊘ **never** · **7 lost**",
      again: "⊘ **never again** · 110 ms / –",
      missing: "–",
    };
    for (const [id, cell] of Object.entries(bad)) {
      assert.equal(line(id), `| Case \\| ${id} | ✓ 110 / 60 ms | ${cell} |`);
    }
  });

  it("tells what was measured, when, and on what", () => {
    assert.match(
      table,
      /Measured on 2026-01-02, 4 networks at a time on 2 shared cores, over a round trip of 50 ms, with chromium 1\.2, other 3\.4\./,
    );
  });
});

describe("the summary", () => {
  it("counts by group, and sums up", () => {
    for (const line of [
      "| Cases | 12 of 12 | 2 of 11 |",
      "| Moments | 1 of 1 | – |",
      "| **All networks** | **13 of 13** | **2 of 11** |",
      "| Messages lost | 0 of 26,000 | 1,241 of 22,000 |",
      "| Repeated or reordered | 0 | 5 |",
      "| Ends of sessions, told with their fates | 0 | 4 |",
      "| First echo, median | 110 ms | 110 ms |",
      "| First echo, worst | 110 ms | never |",
      "| Longest gap | 90 ms | 30 s |",
    ]) {
      assert.ok(readme.includes(`${line}\n`), `${line} in ${readme}`);
    }
  });

  it("takes the place of the one before, and of nothing else", () => {
    assert.ok(!readme.includes("older figures"));
    assert.ok(readme.startsWith("# Name\n\n<!-- matrix -->\n## ") && readme.endsWith(".\n<!-- /matrix -->\n\nrest\n"));
    assert.equal(insert(readme, FIXTURE), readme);
  });

  it("is refused a text without its marks, or with too many", () => {
    for (const text of ["", "<!-- matrix -->", "<!-- /matrix --><!-- matrix -->", README + README]) {
      assert.throws(() => insert(text, FIXTURE), /no single/);
    }
  });
});

describe("the picture", () => {
  it("has a box with the kind and the words of each cell", () => {
    for (const [id, [, kind, said]] of Object.entries(CASES)) {
      const [, box] = picture.split(`<g class="${kind}"><title>Bad &#60;&#38;&#62; co, Case | ${id}: `);
      assert.ok(box?.split("</g>")[0].includes(said && `>${said}</text>`), `${id} in the picture`);
    }
  });

  it("has a sign in every box, and each kind has its own", () => {
    const boxes = [...picture.matchAll(/<g class="(\w+)">.*?<\/g>/g)];
    const signs = boxes.map(([box]) => / d="([^"]+)"/.exec(box)?.[1]);
    assert.equal(boxes.length, 6 + FIXTURE.rows.length * 2);
    for (const seen of [signs, boxes.map(([, kind]) => kind), boxes.map(([, kind], index) => kind + signs[index])]) {
      assert.equal(new Set(seen).size, 6);
    }
  });

  it("needs no other file, and says in words what it shows", () => {
    assert.doesNotMatch(picture.replace('xmlns="http://www.w3.org/2000/svg"', ""), /http|url\(|href|<script|<image/);
    assert.match(picture, /<desc id="counts">Good was clean in 13 of 13 networks\. Bad .* 2 of 11 networks\.<\/desc>/);
  });
});

it("figures are short", () => {
  assert.deepEqual([0, 999.4, 999.6, 1250, 9949, 9951, 30_400].map(time), [
    "0 ms",
    "999 ms",
    "1.0 s",
    "1.3 s",
    "9.9 s",
    "10 s",
    "30 s",
  ]);
  assert.deepEqual(
    [times(110, 60), times(1200, 60), times(1200, 3400)],
    ["110 / 60 ms", "1.2 s / 60 ms", "1.2 / 3.4 s"],
  );
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 3, 2]), median([])], [2, 2, undefined]);
});

it("long titles are broken between words", () => {
  assert.deepEqual(lines("one two three", 50), ["one two", "three"]);
  assert.deepEqual(lines("unbreakable", 20), ["unbreakable"]);
});

it("the files in the repository are those of the results in it; without results there are none", () => {
  const text = read("README.md");
  if (!existsSync(new URL(RESULTS, ROOT))) return assert.equal(insert(text, undefined), text);
  for (const [path, content] of Object.entries(report(JSON.parse(read(RESULTS)), text))) {
    assert.ok(read(path) === content, `${path} is older than the results; run: cargo xtask matrix --report`);
  }
});

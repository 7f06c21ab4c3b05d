/** The file of results. It is written after every cell, so that a run that was stopped goes on where it was. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ROWS } from "../rows/index.js";
import { STACKS } from "../stacks/index.js";
import { PER_SECOND } from "./cell.js";
import { ROUND_TRIP } from "./network.js";

export class Results {
  #path;
  #content;

  /**
   * Takes over the cells that the file holds already, if they were measured under the same load, in the same browser and
   * with the same versions of their own stack.
   * @param {string} path
   * @param {Record<string, string>} versions
   * @param {{ seconds: number, together: number }} how
   */
  constructor(path, versions, { seconds, together }) {
    const load = { seconds, per_second: PER_SECOND, together, cores: availableParallelism() };
    const before = known(path);
    const isSame = isDeepStrictEqual(before.load, load);
    this.#path = path;
    this.#content = {
      date: new Date().toISOString().slice(0, 10),
      versions,
      round_trip: ROUND_TRIP,
      load,
      stacks: STACKS.map(({ id, name }) => ({ id, name })),
      rows: ROWS.map(({ id, group, title, through = true }) => ({ id, group, title, through })),
      cells: isSame ? kept(before, versions) : {},
    };
  }

  /** @param {string} id */
  has(id) {
    return id in this.#content.cells;
  }

  /** @param {string} id @param {import("./cell.js").Cell} cell */
  set(id, cell) {
    this.#content.cells[id] = cell;
    mkdirSync(dirname(this.#path), { recursive: true });
    // In one step: whoever reads it while this goes on sees all of it.
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(this.#content, null, 1)}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/**
 * @param {{ versions: Record<string, string>, cells: Record<string, import("./cell.js").Cell> }} before
 * @param {Record<string, string>} versions
 */
function kept({ versions: before, cells }, versions) {
  const isKept = (/** @type {string} */ id) => {
    const own = STACKS.find((stack) => id.endsWith(`/${stack.id}`))?.versions() ?? {};
    return ["chromium", "node", ...Object.keys(own)].every((name) => before[name] === versions[name]);
  };
  return Object.fromEntries(Object.entries(cells).filter(([id]) => isKept(id)));
}

/** @param {string} path */
function known(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}

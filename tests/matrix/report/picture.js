/** The results as a picture: a line for each network, a column for each stack. Colour repeats what a sign says. */

import { time } from "./numbers.js";
import { echoes, flaws, headline, KINDS, kindOf } from "./outcome.js";
import { cellOf, circumstances, groups } from "./results.js";
import { SIGNS, STYLE } from "./style.js";
import { escaped, lines, text } from "./svg.js";
import { clean } from "./totals.js";

/** @typedef {import("./results.js").Results} Results */

/** All in pixels. */
const WIDTH = 720;
const EDGE = 16;
const TITLES = 244;
const LINE = 16;
const CELL = 24;

/** @param {Results} results */
export function picture(results) {
  const drawing = new Drawing(results);
  drawing.head();
  drawing.legend();
  drawing.columns();
  for (const [group, rows] of groups(results)) {
    drawing.group(group);
    for (const row of rows) drawing.row(row);
  }
  drawing.foot();
  return drawing.svg();
}

class Drawing {
  #results;
  #column;
  /** @type {string[]} */
  #parts = [];
  /** What is drawn already ends here. */
  #y = EDGE;

  /** @param {Results} results */
  constructor(results) {
    this.#results = results;
    this.#column = (WIDTH - 2 * EDGE - TITLES) / results.stacks.length;
  }

  /** Where the column of this stack begins. @param {number} index */
  #x(index) {
    return EDGE + TITLES + index * this.#column;
  }

  /**
   * Lines of text from here on.
   * @param {string} content
   * @param {string} classes
   */
  #write(content, classes) {
    for (const line of lines(content, WIDTH - 2 * EDGE)) {
      this.#y += LINE;
      this.#parts.push(text(EDGE, this.#y, line, classes));
    }
  }

  head() {
    this.#y += 4;
    this.#write(title(this.#results), "big");
    this.#y += 8;
    this.#write(
      "Milliseconds to the first echo: on a first visit, and on a second one. What went wrong stands in their place.",
      "soft",
    );
  }

  legend() {
    this.#y += 6;
    for (const [kind, { words }] of Object.entries(KINDS)) {
      this.#y += CELL;
      const cell = box(EDGE, this.#y - 17, 34, /** @type {import("./outcome.js").Kind} */ (kind), "");
      this.#parts.push(`<g class="${kind}">${cell}</g>`, text(EDGE + 44, this.#y, words));
    }
    this.#y += 18;
  }

  /** The names of the stacks, with their counts. */
  columns() {
    const { stacks, rows } = this.#results;
    const names = stacks.map(({ name }) => lines(name, this.#column - 8));
    const height = Math.max(...names.map(({ length }) => length));
    stacks.forEach((stack, index) => {
      const x = this.#x(index) + 2;
      names[index].forEach((line, at) => {
        this.#parts.push(text(x, this.#y + (at + 1 + height - names[index].length) * LINE, line, "strong"));
      });
      const counted = clean(this.#results, rows, stack);
      this.#parts.push(text(x, this.#y + (height + 1) * LINE, `✓ ${counted}`, "soft small"));
    });
    this.#y += (height + 1) * LINE + 4;
  }

  /** @param {string} name */
  group(name) {
    this.#y += 8;
    this.#write(name, "strong");
    this.#y += 6;
  }

  /** @param {import("./results.js").Row} row */
  row(row) {
    const titles = lines(row.title, TITLES - 8);
    const height = CELL + (titles.length - 1) * LINE;
    titles.forEach((line, index) => {
      this.#parts.push(text(EDGE, this.#y + 16 + index * LINE, line));
    });
    this.#results.stacks.forEach((stack, index) => {
      const cell = cellOf(this.#results, row, stack);
      const kind = kindOf(cell);
      const drawn = box(this.#x(index), this.#y, this.#column - 4, kind, headline(cell), height - 3);
      const said = escaped(`${stack.name}, ${row.title}: ${sentence(cell)}`);
      this.#parts.push(`<g class="${kind}"><title>${said}</title>${drawn}</g>`);
    });
    this.#y += height;
  }

  foot() {
    this.#y += 10;
    this.#write(`${circumstances(this.#results)}.`, "soft");
    this.#y += EDGE;
  }

  svg() {
    const { stacks, rows } = this.#results;
    const counts = stacks.map((stack) => `${stack.name} was clean in ${clean(this.#results, rows, stack)} networks.`);
    const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${this.#y}" width="${WIDTH}" height="${this.#y}"`;
    return [
      `${open} role="img" aria-labelledby="title counts">`,
      `<title id="title">${escaped(title(this.#results))}</title>`,
      `<desc id="counts">${escaped(counts.join(" "))}</desc>`,
      `<style>${STYLE}</style>`,
      `<rect class="paper" width="${WIDTH}" height="${this.#y}" rx="8"/>`,
      ...this.#parts,
      "</svg>\n",
    ].join("\n");
  }
}

/** @param {Results} results */
function title({ rows }) {
  return `What comes through ${rows.length} hostile networks`;
}

/**
 * A coloured box with a sign and a word.
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {import("./outcome.js").Kind} kind
 * @param {string} word
 */
function box(x, y, width, kind, word, height = CELL - 3) {
  const middle = y + height / 2;
  const sign = `<path transform="translate(${x + (word ? 13 : width / 2)} ${middle})" d="${SIGNS[kind]}"/>`;
  const said = word ? text(x + 25, middle + 4, word, "own small") : "";
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>${sign}${said}`;
}

/** What a cell says in full. @param {import("./results.js").Cell | undefined} cell */
function sentence(cell) {
  if (!cell) return KINDS.unmeasured.words;
  const said = flaws(cell).join(", ") || "nothing lost";
  return `${said}; first echoes ${echoes(cell) || "none"}; longest gap ${time(cell.gap)}; ${cell.requests} requests; ${cell.transport} in the end`;
}

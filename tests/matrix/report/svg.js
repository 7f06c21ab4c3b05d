/** Text in SVG. A picture cannot measure its letters, so lines are broken where they would be too long in any font. */

/** Roughly a letter's width at the size of plain text. */
const LETTER = 7;

/** @param {string} value */
export function escaped(value) {
  return value.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/**
 * @param {number} x
 * @param {number} y The line on which the letters stand.
 * @param {string} content
 * @param {string} [classes]
 */
export function text(x, y, content, classes) {
  return `<text x="${x}" y="${y}"${classes ? ` class="${classes}"` : ""}>${escaped(content)}</text>`;
}

/**
 * The text in lines of this width.
 * @param {string} content
 * @param {number} width
 */
export function lines(content, width) {
  const found = [""];
  for (const word of content.split(" ")) {
    const longer = `${found[found.length - 1]} ${word}`.trim();
    if (longer.length * LETTER > width && longer !== word) found.push(word);
    else found[found.length - 1] = longer;
  }
  return found;
}

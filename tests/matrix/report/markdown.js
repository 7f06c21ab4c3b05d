/** Tables in Markdown. */

/**
 * @param {string[]} head
 * @param {string[][]} lines
 */
export function table(head, lines) {
  return [head, head.map(() => "---"), ...lines].map(line).join("\n");
}

/** @param {string[]} cells */
function line(cells) {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

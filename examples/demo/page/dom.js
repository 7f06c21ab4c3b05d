/**
 * The three things that every part of the page does with the document. Elements are found by `data-testid`, so the
 * page and its browser tests mean the same things by the same names. Text only: nothing here parses HTML.
 */

/**
 * The element of that test id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function find(id) {
  const found = document.querySelector(`[data-testid="${id}"]`);
  if (!found) throw new Error(`index.html has no element with data-testid="${id}"`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Sets an element's text, and leaves the document alone when it says so already.
 * @param {Element} element
 * @param {string | number} text
 */
export function say(element, text) {
  if (element.textContent !== String(text)) element.textContent = String(text);
}

/**
 * A new element with text and children in it.
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function make(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

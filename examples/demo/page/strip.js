/**
 * The strip: the last minute of the session as one line that runs through three lanes, one for each transport, with
 * dots where no link carried it. Below the lanes, the messages that got through, up and down.
 *
 * Things are drawn once, at their time on an endless paper, and the paper is moved. So a frame costs one attribute.
 */

import { TRANSPORTS } from "./names.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const LANES = /** @type {Record<string, number>} */ ({ websocket: 44, long_poll: 80, periodic: 116 });
const PULSES = { up: 156, down: 184 };
const PULSE_HEIGHT = 18;
const LABEL_ROWS = [12, 26];
const FRAME = 1000 / 20;
const CALM_FRAME = 1000;

/** @typedef {{ transport: string | null, lane: number, from: number, to?: number, start: string, line: Element }} Segment */
/** @typedef {{ text: string, at: number, node: Element }} Mark */

export class Strip {
  #svg;
  #paper = draw("g", {});
  #segments = /** @type {Segment[]} */ ([]);
  #marks = /** @type {Mark[]} */ ([]);
  #samples = /** @type {{ at: number, up: number, down: number }[]} */ ([]);
  #pulses = { up: draw("path", { class: "pulse" }), down: draw("path", { class: "pulse" }) };
  #head = draw("circle", { class: "head", r: "5" });
  #labels = /** @type {Record<string, Element>} */ ({});
  #origin = performance.now();
  #drawn = 0;
  #width = 0;
  #gutter = 0;
  #span = 60_000;
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {Element} svg */
  constructor(svg) {
    this.#svg = svg;
    new ResizeObserver(() => this.#layout()).observe(svg);
    this.#layout();
    const turn = (/** @type {number} */ now) => {
      if (now - this.#drawn >= (this.#calm.matches ? CALM_FRAME : FRAME)) this.#frame(now);
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }

  /**
   * From now on this transport carries the session; null: none does.
   * @param {string | null} transport
   */
  move(transport) {
    const now = performance.now();
    const last = this.#segments.at(-1);
    if (last?.transport === transport) return;
    if (last) {
      last.to = now;
      this.#extend(last, now);
    }
    const lane = transport === null ? (last?.lane ?? LANES.websocket) : LANES[transport];
    const segment = { transport, lane, from: now, start: "", line: draw("path", {}) };
    this.#segments.push(segment);
    this.#place(segment, last);
    this.#svg.setAttribute("aria-label", this.#story());
    for (const [name, label] of Object.entries(this.#labels)) label.classList.toggle("current", name === transport);
  }

  /**
   * Writes a word over this moment.
   * @param {string} text
   */
  mark(text) {
    const mark = { text, at: performance.now(), node: draw("g", { class: "mark" }) };
    this.#marks.push(mark);
    this.#placeMark(mark);
  }

  /**
   * So many messages got through since the last sample.
   * @param {number} up
   * @param {number} down
   */
  sample(up, down) {
    const now = performance.now();
    this.#samples.push({ at: now, up, down });
    this.#prune(now);
    this.#drawPulses();
  }

  /** Draws everything anew, for this width. */
  #layout() {
    this.#width = this.#svg.clientWidth;
    const narrow = this.#width < 480;
    this.#gutter = narrow ? 98 : 116;
    this.#span = narrow ? 30_000 : 60_000;
    this.#paper.replaceChildren(this.#pulses.up, this.#pulses.down);
    this.#svg.replaceChildren(...this.#lanes(), this.#paper, ...this.#legend(), this.#head);
    for (const [index, segment] of this.#segments.entries()) this.#place(segment, this.#segments[index - 1]);
    for (const mark of this.#marks) this.#placeMark(mark);
    this.#drawPulses();
    this.#frame(performance.now());
  }

  /** @param {number} now */
  #frame(now) {
    this.#drawn = now;
    const right = this.#width - 8;
    this.#paper.setAttribute("transform", `translate(${(right - this.#x(now)).toFixed(1)} 0)`);
    const last = this.#segments.at(-1);
    if (!last) return;
    this.#extend(last, now);
    set(this.#head, { cx: right, cy: last.lane, class: `head ${last.transport ?? "none"}` });
  }

  /** @param {number} at */
  #x(at) {
    return ((at - this.#origin) * (this.#width - 8 - this.#gutter)) / this.#span;
  }

  /**
   * @param {Segment} segment
   * @param {Segment | undefined} before
   */
  #place(segment, before) {
    segment.start = `M${this.#x(segment.from).toFixed(1)} ${before?.lane ?? segment.lane}V${segment.lane}`;
    segment.line.setAttribute("class", `session ${segment.transport ?? "none"}`);
    this.#extend(segment, segment.to ?? performance.now());
    this.#paper.append(segment.line);
  }

  /**
   * @param {Segment} segment
   * @param {number} to
   */
  #extend(segment, to) {
    segment.line.setAttribute("d", `${segment.start}H${this.#x(to).toFixed(1)}`);
  }

  /** @param {Mark} mark */
  #placeMark({ text, at, node }) {
    const x = this.#x(at);
    const label = draw("text", { x: x - 4, y: LABEL_ROWS[0], "text-anchor": "end" });
    label.textContent = text;
    node.replaceChildren(draw("line", { x1: x, x2: x, y1: 4, y2: LANES.periodic + 12 }), label);
    this.#paper.append(node);
    this.#avoid(/** @type {SVGTextElement} */ (label), node);
  }

  /**
   * Moves a label to the second row where the first is taken, or drops it where both are: the journal has it too.
   * @param {SVGTextElement} label
   * @param {Element} node
   */
  #avoid(label, node) {
    const start = label.getBBox().x;
    const taken = LABEL_ROWS.map((y) => this.#marks.some((mark) => mark.node !== node && covers(mark.node, y, start)));
    const row = taken.indexOf(false);
    if (row < 0) label.remove();
    else label.setAttribute("y", String(LABEL_ROWS[row]));
  }

  #drawPulses() {
    for (const way of /** @type {const} */ (["up", "down"])) {
      const bars = this.#samples.filter((sample) => sample[way] > 0);
      const path = bars.map((sample) => `M${this.#x(sample.at).toFixed(1)} ${PULSES[way]}v${-height(sample[way])}`);
      this.#pulses[way].setAttribute("d", path.join(""));
    }
  }

  #lanes() {
    const ends = { class: "lane", x1: this.#gutter, x2: this.#width };
    return Object.values(LANES).map((y) => draw("line", { ...ends, y1: y, y2: y }));
  }

  /** The names of the lanes, on a shade that the paper slides under. */
  #legend() {
    const shade = draw("rect", { class: "shade", width: this.#gutter - 6, height: "100%" });
    const carrier = this.#segments.at(-1)?.transport;
    for (const [name, y] of Object.entries(LANES)) {
      this.#labels[name] = draw("text", { x: 4, y: y + 4, class: name === carrier ? "current" : "" });
      this.#labels[name].textContent = TRANSPORTS[name];
    }
    const ways = ["to server", "to you"].map((text, index) => {
      const label = draw("text", { x: 4, y: index === 0 ? PULSES.up : PULSES.down });
      label.textContent = text;
      return label;
    });
    const end = draw("text", { x: this.#width - 8, y: 210, "text-anchor": "end" });
    end.textContent = "now";
    const start = draw("text", { x: this.#gutter, y: 210 });
    start.textContent = `${this.#span / 1000} seconds ago`;
    return [shade, ...Object.values(this.#labels), ...ways, start, end];
  }

  /**
   * Forgets what has long left the paper.
   * @param {number} now
   */
  #prune(now) {
    const limit = now - 2 * this.#span;
    while (this.#segments[0] && (this.#segments[0].to ?? now) < limit) this.#segments.shift()?.line.remove();
    while (this.#marks[0] && this.#marks[0].at < limit) this.#marks.shift()?.node.remove();
    while (this.#samples[0] && this.#samples[0].at < limit) this.#samples.shift();
  }

  /** The strip in words. */
  #story() {
    const names = this.#segments.map(({ transport }) => (transport ? TRANSPORTS[transport] : "no link"));
    return `Carried, one after the other, by: ${names.slice(-8).join(", ")}`;
  }
}

/** A bar's height: logarithmic, so that one message shows and a thousand caught up at once fit. @param {number} count */
function height(count) {
  return Math.min(PULSE_HEIGHT, 1.5 + Math.log2(1 + count) * 1.9).toFixed(1);
}

/**
 * Whether a mark's label reaches to the right of x in that row.
 * @param {Element} mark
 * @param {number} row
 * @param {number} x
 */
function covers(mark, row, x) {
  const label = /** @type {SVGTextElement | null} */ (mark.querySelector("text"));
  if (!label || label.getAttribute("y") !== String(row)) return false;
  return Number(label.getAttribute("x")) > x - 8;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function draw(name, attributes) {
  return set(document.createElementNS(NAMESPACE, name), attributes);
}

/**
 * @param {Element} element
 * @param {Record<string, string | number>} attributes
 */
function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

// A picture: its finding, its panels, its notes. Takes data and an element; knows nothing of the page around it.

import { element, shape } from "./dom.js";
import { drawCurves, drawPoints, drawShades } from "./plane.js";
import { drawBars, drawDots, drawStacks, drawSwings } from "./rows.js";
import { reachable, showSpots } from "./spots.js";

const DRAW = {
  bars: drawBars, dots: drawDots, swings: drawSwings, stacks: drawStacks,
  curves: drawCurves, points: drawPoints, shades: drawShades,
};
/** Kinds that are small enough to stand beside each other. */
const SMALL = ["curves", "shades", "points"];
const COLORS = 7;

/** How series number `color` looks: classes of the style, and a dash for its lines once colours have begun anew. */
export function looks(color) {
  const anew = Math.floor(color / COLORS) % 2 === 1;
  return { paint: { class: `series series-${color % COLORS}${anew ? " anew" : ""}` }, dash: anew ? "7 4" : null };
}

/** Words in which what stands in backquotes is code. */
export function inWords(text) {
  const pieces = text.split("`");
  if (pieces.length % 2 === 0) return [text];
  return pieces.map((piece, index) => (index % 2 ? element("code", {}, piece) : piece));
}

/**
 * Draws `picture` into `figure` and again whenever its width changes. Returns what hides series: a function of a set of names.
 */
export function livePicture(figure, picture) {
  const panels = element("div", { class: "panels" });
  const caption = element("figcaption", {}, element("h3", {}, ...inWords(picture.title)), element("p", { class: "notes" }, ...inWords(picture.subtitle)));
  const missing = picture.left_out.map(({ what, why }) => `${what}: ${why}`).join("; ");
  const notes = [...picture.notes, ...(missing ? [`not drawn: ${missing}`] : [])];
  figure.replaceChildren(caption, panels, ...notes.map((note) => element("p", { class: "notes" }, ...inWords(note))));
  figure.classList.add("live");
  showSpots(figure);
  let hidden = new Set();
  let width = 0;
  const draw = () => {
    width = Math.floor(panels.clientWidth);
    if (width < 40) return;
    const series = picture.series.map((own) => ({ ...own, ...looks(own.color), hidden: hidden.has(own.name) }));
    const beside = width >= 760 && picture.panels.length > 1 && picture.panels.every((panel) => SMALL.includes(panel.content.kind));
    const room = beside ? Math.floor((width - 24) / 2) : width;
    panels.replaceChildren(...picture.panels.map((panel) => drawPanel(panel, room, series, picture)));
  };
  new ResizeObserver(() => { if (Math.floor(panels.clientWidth) !== width) draw(); }).observe(panels);
  draw();
  return (names) => { hidden = names; draw(); };
}

function drawPanel(panel, width, series, picture) {
  const drawn = DRAW[panel.content.kind]?.(panel, width, series) ?? [];
  const room = element("div", { class: "panel", style: `width:${width}px` });
  if (!drawn.length) return room;
  if (panel.title) room.append(element("h4", {}, ...inWords(panel.title)));
  const legend = legendOf(panel, series);
  if (legend) room.append(legend);
  for (const svg of drawn) {
    const said = panel.title || picture.title;
    svg.prepend(shape("title", {}, said.replaceAll("`", "")), shape("desc", {}, picture.subtitle.replaceAll("`", "")));
    svg.setAttribute("aria-label", said.replaceAll("`", ""));
    room.append(reachable(svg));
  }
  return room;
}

/** What colours stand for, where rows do not say it. */
function legendOf(panel, series) {
  const { kind } = panel.content;
  if (kind === "stacks") return list(panel.content.parts.map((part, index) => [part, `part part-${index % 8}`]));
  if (kind !== "curves" && kind !== "points") return null;
  const used = new Set((panel.content.curves ?? panel.content.points).map((own) => own.series));
  const shown = series.filter((own, index) => used.has(index) && !own.hidden);
  return list(shown.map((own) => [own.name, own.paint.class]));
}

function list(entries) {
  return element("ul", { class: "legend" }, ...entries.map(([name, looks]) => element("li", {}, swatch(looks), name)));
}

/** A little square in a series' colour. */
export function swatch(looks) {
  return shape("svg", { width: 11, height: 11, viewBox: "0 0 11 11", "aria-hidden": "true" }, shape("rect", { class: looks, width: 11, height: 11, rx: 2 }));
}

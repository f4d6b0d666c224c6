// Pictures in the plane: curves, points, shades.

import { shape } from "./dom.js";
import { axisCaption, cut, intervalWords, placer, textWidth, ticksWithRoom } from "./scale.js";
import { spot } from "./spots.js";

/** Two axes with room between them: places of values, and the drawing so far. */
function frame(panel, width, height, left) {
  const [across, up] = [panel.x, panel.y].map(axisCaption);
  const [from, to, top, bottom] = [left, width - 16, up ? 26 : 10, height - (across ? 44 : 26)];
  const x = placer(panel.x, from, to);
  // Names are read from the top, values grow upwards.
  const y = panel.y.scale === "names" ? placer(panel.y, top, bottom) : placer(panel.y, bottom, top);
  const svg = shape("svg", { class: "live", width, height, viewBox: `0 0 ${width} ${height}`, role: "group" });
  const axes = shape("g", { "aria-hidden": "true" });
  for (const tick of panel.y.ticks) {
    axes.append(
      shape("line", { class: "grid", x1: from, x2: to, y1: y(tick.at), y2: y(tick.at) }),
      shape("text", { class: "tick end", x: from - 6, y: y(tick.at) + 4 }, cut(tick.label, left - 8)),
    );
  }
  for (const tick of ticksWithRoom(panel.x, x)) {
    axes.append(
      shape("line", { class: "grid", x1: x(tick.at), x2: x(tick.at), y1: bottom, y2: bottom + 4 }),
      shape("text", { class: "tick middle", x: x(tick.at), y: bottom + 18 }, tick.label),
    );
  }
  if (across) axes.append(shape("text", { class: "axis middle", x: (from + to) / 2, y: height - 8 }, cut(across, to - from)));
  if (up) axes.append(shape("text", { class: "axis", x: 0, y: 11 }, cut(up, width)));
  svg.append(axes);
  return { svg, x, y, from, to, top, bottom };
}

function leftOf(axis) {
  return Math.min(150, 14 + Math.max(20, ...axis.ticks.map((tick) => textWidth(tick.label))));
}

/** Curves over a common axis, with bands; each place on the axis says the values of all of them. */
export function drawCurves(panel, width, series) {
  const room = frame(panel, width, Math.max(200, Math.min(300, width * 0.5)), leftOf(panel.y));
  const { svg, x, y, top, bottom, from, to } = room;
  const curves = panel.content.curves.filter((curve) => !series[curve.series].hidden && curve.points.length);
  const steps = (curve) => curve.style === "steps";
  for (const curve of curves.filter((own) => own.style !== "aside")) svg.append(...band(curve, x, y, series[curve.series], steps(curve)));
  for (const curve of curves) svg.append(...lineOf(curve, x, y, series[curve.series], steps(curve)));
  const places = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.x)))].sort((a, b) => a - b);
  places.forEach((at, index) => {
    const [before, behind] = [places[index - 1], places[index + 1]];
    const left = before === undefined ? from : (x(before) + x(at)) / 2;
    const right = behind === undefined ? to : (x(behind) + x(at)) / 2;
    const found = curves.map((curve) => ({ curve, point: curve.points.find((point) => point.x === at) })).filter(({ point }) => point);
    const lines = found.map(({ curve, point }) => {
      const name = [series[curve.series].name, curve.label].filter(Boolean).join(", ");
      return [`${name}: ${point.text}`, intervalWords(point)].filter(Boolean).join(" · ");
    });
    const cursor = shape("line", { class: "cursor", x1: x(at), x2: x(at), y1: top, y2: bottom });
    const dots = found.map(({ curve, point }) => shape("circle", { ...series[curve.series].paint, class: `${series[curve.series].paint.class} cursor`, cx: x(at), cy: y(point.mean), r: 3.5 }));
    svg.append(spot([placeName(panel.x, at), ...lines], [left, top, right - left, bottom - top], cursor, ...dots));
  });
  return [svg];
}

/** What a place on an axis is called. */
function placeName(axis, at) {
  const tick = axis.ticks.find((known) => known.at === at);
  if (axis.scale === "time") return new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ").concat(" UTC");
  const text = tick ? tick.label : Number(at.toPrecision(5)).toLocaleString("en");
  return [axis.label && `${axis.label} =`, text, axis.unit].filter(Boolean).join(" ");
}

function band(curve, x, y, own, steps) {
  const points = curve.points.filter((point) => point.low !== null && point.high !== null);
  if (points.length < 2) return [];
  const upper = along(points, (point) => x(point.x), (point) => y(point.high), steps);
  const back = [...points].reverse();
  const lower = along(back, (point) => x(point.x), (point) => y(point.low), steps, true).replace("M", "L");
  return [shape("path", { class: `band ${own.paint.class}`, d: `${upper}${lower}Z` })];
}

function lineOf(curve, x, y, own, steps) {
  const d = along(curve.points, (point) => x(point.x), (point) => y(point.mean), steps);
  const name = curve.style === "aside" ? "line aside" : "line";
  const dash = own.dash && curve.style !== "aside" ? own.dash : null;
  const drawn = [shape("path", { class: `${name} ${own.paint.class}`, d, "stroke-dasharray": dash })];
  if (curve.style === "dotted" || curve.points.length === 1) {
    drawn.push(...curve.points.map((point) => shape("circle", { ...own.paint, cx: x(point.x), cy: y(point.mean), r: 3 })));
  }
  return drawn;
}

/** A path through points; in steps it stays level until the next one. */
function along(points, x, y, steps, backwards = false) {
  return points.map((point, index) => {
    if (index === 0) return `M${x(point)} ${y(point)}`;
    if (!steps) return `L${x(point)} ${y(point)}`;
    return backwards ? `V${y(point)}H${x(point)}` : `H${x(point)}V${y(point)}`;
  }).join("");
}

/** Points with intervals both ways. */
export function drawPoints(panel, width, series) {
  const { svg, x, y } = frame(panel, width, Math.max(260, Math.min(420, width * 0.6)), leftOf(panel.y));
  const points = panel.content.points.filter((point) => !series[point.series].hidden);
  const joined = panel.content.joined ? points.filter((point) => point.marked).sort((a, b) => a.x.mean - b.x.mean) : [];
  if (joined.length > 1) svg.append(shape("path", { class: "joined", d: along(joined, (point) => x(point.x.mean), (point) => y(point.y.mean), false) }));
  const taken = [];
  const free = (box) => taken.every((other) => box[0] > other[2] || box[2] < other[0] || box[1] > other[3] || box[3] < other[1]);
  for (const point of points) {
    const own = series[point.series];
    const [cx, cy] = [x(point.x.mean), y(point.y.mean)];
    const cross = [];
    if (point.x.low !== null) cross.push(shape("path", { class: "whisker", d: `M${x(point.x.low)} ${cy}H${x(point.x.high)}` }));
    if (point.y.low !== null) cross.push(shape("path", { class: "whisker", d: `M${cx} ${y(point.y.low)}V${y(point.y.high)}` }));
    const dot = shape("circle", { class: `${own.paint.class}${point.marked ? "" : " ring"}`, cx, cy, r: point.marked ? 5 : 3.5 });
    const words = [];
    const label = cut(point.label, width / 2);
    const wide = textWidth(label);
    const start = cx + 8 + wide > width ? Math.max(0, cx - 8 - wide) : cx + 8;
    const box = [start, cy - 16, start + wide, cy - 2];
    if (point.label && free(box)) {
      taken.push(box);
      words.push(shape("text", { x: start, y: cy - 5, class: "value" }, label));
    }
    const named = (axis, value) => [axis.label, value.text, intervalWords(value)].filter(Boolean).join(" · ");
    const lines = [point.label || own.name, point.label && own.name, named(panel.x, point.x), named(panel.y, point.y)];
    svg.append(spot(lines, [cx - 8, cy - 8, 16, 16], ...cross, dot, ...words));
  }
  return [svg];
}

/** A grid of shades, as of hours and weekdays. */
export function drawShades(panel, width, series) {
  const { values, most } = panel.content;
  const own = series[panel.content.series];
  if (own.hidden) return [];
  const left = leftOf(panel.y);
  const { svg, from, to, top, bottom } = frame(panel, width, 44 + 14 + Math.max(60, values.length * 20), left);
  const columns = Math.max(1, ...values.map((row) => row.length));
  const [wide, high] = [(to - from) / columns, (bottom - top) / Math.max(1, values.length)];
  const nameOn = (axis, at) => axis.ticks.find((tick) => tick.at === at)?.label ?? `${axis.label} ${at}`;
  values.forEach((row, index) => row.forEach((value, column) => {
    const [x, y] = [from + column * wide, top + index * high];
    const shade = shape("rect", { ...own.paint, x, y, width: wide, height: high, "fill-opacity": most > 0 ? Math.min(1, value / most) : 0 });
    const lines = [own.name, `${nameOn(panel.y, index)}, ${nameOn(panel.x, column)}`, `${Number(value.toPrecision(3)).toLocaleString("en")} ${panel.x.unit || panel.y.unit}`.trim()];
    svg.append(spot(lines, [x, y, wide, high], shade));
  }));
  return [svg];
}

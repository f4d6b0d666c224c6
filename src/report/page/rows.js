// Pictures with a row a policy or a key: bars, dots, swings, stacks.

import { shape } from "./dom.js";
import { cut, intervalWords, placer, textWidth, ticksWithRoom, axisCaption } from "./scale.js";
import { spot } from "./spots.js";

const ROW = 28;
const TOP = 8;
const AXIS = 40;
/** Below this width names stand above their rows. */
const NARROW = 480;

/**
 * The frame of rows: names, a horizontal axis below, and what `drawRow(row, place, middle, [from, to])` draws of each.
 * `behind` is the room that is kept for words behind the rows.
 */
function rowChart({ width, axis, rows, behind, line, drawRow }) {
  const narrow = width < NARROW && rows.some((row) => row.name);
  const longest = Math.max(0, ...rows.map((row) => textWidth(row.name)));
  const names = narrow ? 0 : Math.min(0.36 * width, 12 + longest);
  const high = narrow ? ROW + 16 : ROW;
  const height = TOP + rows.length * high + AXIS;
  const [from, to] = [names + 4, Math.max(names + 60, width - Math.min(behind, 0.45 * width))];
  const place = placer(axis, from, to);
  const svg = shape("svg", { class: "live", width, height, viewBox: `0 0 ${width} ${height}`, role: "group" });
  const bottom = TOP + rows.length * high;
  svg.append(grid(axis, place, bottom));
  if (line !== undefined) svg.append(upright("zero", place(line), TOP, bottom));
  rows.forEach((row, index) => {
    const middle = TOP + index * high + (narrow ? 16 + ROW / 2 : ROW / 2);
    const room = narrow ? width : names - 8;
    const name = narrow
      ? shape("text", { x: 0, y: middle - 15, class: row.strong ? "name strong" : "name" }, cut(row.name, room))
      : shape("text", { x: names - 4, y: middle + 4, class: row.strong ? "end strong" : "end" }, cut(row.name, room));
    svg.append(spot(row.tip, [0, TOP + index * high, width, high], name, ...drawRow(row, place, middle, [from, to])));
  });
  svg.append(shape("text", { class: "axis middle", x: (from + to) / 2, y: bottom + 34 }, cut(axisCaption(axis), width)));
  return svg;
}

function grid(axis, place, bottom) {
  const ticks = ticksWithRoom(axis, place).flatMap((tick) => [
    upright("grid", place(tick.at), TOP, bottom),
    shape("text", { class: "tick middle", x: place(tick.at), y: bottom + 16 }, tick.label),
  ]);
  return shape("g", { "aria-hidden": "true" }, ...ticks);
}

function upright(name, x, from, to) {
  return shape("line", { class: name, x1: x, x2: x, y1: from, y2: to });
}

function whisker(value, place, middle) {
  if (value.low === null || value.high === null) return [];
  const [from, to] = [place(value.low), place(value.high)];
  const path = `M${from} ${middle - 4}v8M${from} ${middle}H${to}M${to} ${middle - 4}v8`;
  return [shape("path", { class: "whisker", d: path })];
}

function behindRow(text, value, place, middle) {
  const end = Math.max(place(value.mean), place(value.high ?? value.mean));
  return shape("text", { x: end + 8, y: middle + 4, class: "value" }, text);
}

/** Bars of an outcome, and the paired differences to the baseline beside them, or below where that is narrow. */
export function drawBars(panel, width, series) {
  const { content } = panel;
  const rows = content.rows.filter((row) => !series[row.series].hidden);
  const told = (row, value) => {
    const own = series[row.series];
    const words = value ? [value.text, intervalWords(value)] : ["does not apply"];
    const name = own.baseline ? `${own.name} (baseline)` : own.name;
    return { ...row, name: own.name, own, strong: own.baseline, tip: [name, ...words] };
  };
  const beside = content.difference && width >= 700;
  const room = beside ? Math.floor(width * 0.6) : width;
  const values = rows.map((row) => {
    const entry = told(row, row.value);
    const found = row.difference;
    if (found) entry.tip.push(`${found.text} against the baseline: ${found.verdict}`);
    return entry;
  });
  const behind = 16 + Math.max(0, ...values.map((row) => (row.value ? textWidth(row.value.text) : 0)));
  const bar = (row, place, middle) => {
    if (!row.value) return [shape("text", { x: place(0) + 6, y: middle + 4, class: "tick" }, "n/a")];
    const [a, b] = [place(0), place(row.value.mean)];
    const fill = shape("rect", { ...row.own.paint, x: Math.min(a, b), y: middle - 7, width: Math.max(1, Math.abs(b - a)), height: 14, rx: 1 });
    return [fill, ...whisker(row.value, place, middle), behindRow(row.value.text, row.value, place, middle)];
  };
  const drawn = [rowChart({ width: room, axis: panel.x, rows: values, behind, drawRow: bar })];
  if (!content.difference) return drawn;
  const compared = rows.map((row) => {
    const entry = told(row, row.difference);
    const name = entry.tip[0];
    entry.tip[0] = row.difference ? `${entry.name} less baseline: ${row.difference.verdict}` : name;
    // Beside the bars it needs no second name.
    return beside ? { ...entry, name: "" } : entry;
  });
  const difference = (row, place, middle, [from, to]) => {
    if (!row.difference) {
      const word = row.own.baseline ? "baseline" : "n/a";
      const half = textWidth(word) / 2;
      const x = Math.min(Math.max(place(0), from + half), to + 20 - half);
      return [shape("text", { class: "tick middle", x, y: middle + 4 }, word)];
    }
    return [
      ...whisker(row.difference, place, middle),
      shape("circle", { ...row.own.paint, cx: place(row.difference.mean), cy: middle, r: 4.5 }),
      shape("text", { class: `sign ${row.difference.verdict}`, x: to + 12, y: middle + 5 }, row.difference.sign),
    ];
  };
  const wide = beside ? width - room - 16 : width;
  const second = rowChart({ width: wide, axis: content.difference, rows: compared, behind: 30, line: 0, drawRow: difference });
  if (beside) second.classList.add("beside");
  return [...drawn, second];
}

/** Dots with intervals. */
export function drawDots(panel, width, series) {
  const { content } = panel;
  const rows = content.rows.filter((row) => !series[row.series].hidden).map((row) => {
    const own = series[row.series];
    const value = row.value ? [row.value.text, intervalWords(row.value)] : ["does not apply"];
    return { ...row, own, name: row.label || own.name, strong: row.marked, tip: [row.label || own.name, own.name, ...value, row.remark] };
  });
  const behind = 16 + Math.max(0, ...rows.map((row) => textWidth(row.remark)));
  const svg = rowChart({
    width, axis: panel.x, rows, behind,
    drawRow: (row, place, middle, [, to]) => {
      const remark = shape("text", { x: to + 10, y: middle + 4, class: "value" }, cut(row.remark, behind));
      if (!row.value) return [remark];
      const dot = shape("circle", { ...row.own.paint, cx: place(row.value.mean), cy: middle, r: row.marked ? 6 : 4.5 });
      const lines = content.lines.map((line) => upright("limit", place(line.at), middle - ROW / 2, middle + ROW / 2));
      return [...lines, ...whisker(row.value, place, middle), dot, remark];
    },
  });
  return [svg];
}

/** What each assumption moves, around the value as assumed. */
export function drawSwings(panel, width) {
  const { content } = panel;
  const rows = content.rows.map((row) => ({
    ...row, name: row.label, strong: row.ranking_changes,
    tip: [row.label, `low: ${row.low.text}`, `high: ${row.high.text}`, `moves it by ${row.width.text}`, row.ranking_changes ? "turns the ranking of policies" : ""],
  }));
  const behind = 30 + Math.max(0, ...rows.map((row) => textWidth(row.width.text)));
  const half = (value, place, middle, name) => {
    const [a, b] = [place(content.base), place(value.mean)];
    return shape("rect", { class: name, x: Math.min(a, b), y: middle - 7, width: Math.max(1, Math.abs(b - a)), height: 14 });
  };
  const svg = rowChart({
    width, axis: panel.x, rows, behind, line: content.base,
    drawRow: (row, place, middle) => {
      const ends = [row.low, row.high].flatMap((value) => [value.mean, value.high ?? value.mean]);
      const end = Math.max(...ends.map(place), place(content.base));
      const text = row.ranking_changes ? `${row.width.text} ◆` : row.width.text;
      return [
        half(row.low, place, middle, "low-end"), half(row.high, place, middle, "high-end"),
        ...whisker(row.low, place, middle), ...whisker(row.high, place, middle),
        shape("text", { x: end + 8, y: middle + 4, class: "value" }, text),
      ];
    },
  });
  return [svg];
}

/** Parts that add up. */
export function drawStacks(panel, width, series) {
  const { content } = panel;
  const rows = content.rows.filter((row) => !series[row.series].hidden).map((row) => {
    const own = series[row.series];
    const parts = content.parts.map((part, index) => `${part}: ${row.parts[index].text}`);
    return { ...row, name: own.name, strong: own.baseline, tip: [own.name, ...parts, row.total && `in all ${row.total}`] };
  });
  const behind = 16 + Math.max(0, ...rows.map((row) => textWidth(row.total)));
  const svg = rowChart({
    width, axis: panel.x, rows, behind,
    drawRow: (row, place, middle) => {
      let sum = 0;
      const bars = row.parts.map((part, index) => {
        const [a, b] = [place(sum), place(sum + part.mean)];
        sum += part.mean;
        return shape("rect", { class: `part part-${index % 8}`, x: Math.min(a, b), y: middle - 8, width: Math.abs(b - a), height: 16 });
      });
      return [...bars, shape("text", { x: place(sum) + 8, y: middle + 4, class: "value" }, row.total)];
    },
  });
  return [svg];
}

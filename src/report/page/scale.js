// From values to pixels, and which ticks have room.

/** A function from a value on `axis` to pixels between `from` and `to`. */
export function placer(axis, from, to) {
  const turn = axis.scale === "logarithmic" ? (value) => Math.log(Math.max(value, Number.MIN_VALUE)) : (value) => value;
  const low = turn(axis.low);
  const reach = turn(axis.high) - low;
  const clamped = (share) => Math.min(1, Math.max(0, share));
  return (value) => from + clamped(reach > 0 ? (turn(value) - low) / reach : 0.5) * (to - from);
}

const RULER = document.createElement("canvas").getContext("2d");

/** Width of a text of the pictures in pixels, as if it were bold: never less than it takes. */
export function textWidth(text) {
  RULER.font = `bold 12px ${getComputedStyle(document.body).fontFamily}`;
  return RULER.measureText(text).width;
}

/** A text that fits into `room` pixels. What is too long loses its middle: both ends tell names and keys apart. */
export function cut(text, room) {
  if (textWidth(text) <= room) return text;
  const letters = [...text];
  for (let left = letters.length - 1; left > 2; left -= 1) {
    const head = Math.ceil(left * 0.4);
    const shorter = `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (left - head)).join("")}`;
    if (textWidth(shorter) <= room) return shorter;
  }
  return "…";
}

/** The ticks of an axis that do not overlap along a horizontal line: each, or every second one, and so on. */
export function ticksWithRoom(axis, place) {
  const fit = (ticks) => ticks.every((tick, index) => {
    if (index === 0) return true;
    const [before, own] = [ticks[index - 1], tick];
    return place(own.at) - place(before.at) >= (textWidth(before.label) + textWidth(own.label)) / 2 + 6;
  });
  for (let step = 1; step < axis.ticks.length; step += 1) {
    const kept = axis.ticks.filter((_, index) => index % step === 0);
    if (fit(kept)) return kept;
  }
  return axis.ticks.slice(0, 1);
}

/** Label and unit of an axis. */
export function axisCaption(axis) {
  return axis.unit ? `${axis.label} [${axis.unit}]`.trim() : axis.label;
}

/** The 95 % interval of a value in words; empty without one. Ends of which the text says no ± are no such interval. */
export function intervalWords(value) {
  const short = (number) => Number(number.toPrecision(4)).toLocaleString("en");
  if (value.low === null || value.high === null || !value.text.includes("±")) return "";
  return `95 %: ${short(value.low)} to ${short(value.high)}`;
}

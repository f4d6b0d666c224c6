// Policies switched on and off in every picture at once.

import { element } from "./dom.js";
import { looks, swatch } from "./picture.js";

/** Puts a switch a series into `room`; `change` gets the set of names that are off. The last one that is on stays on. */
export function switches(room, series, change) {
  const off = new Set();
  const buttons = series.map((own) => {
    const button = element("button", { type: "button", class: "switch", "aria-pressed": "true" }, swatch(looks(own.color).paint.class), own.name);
    button.addEventListener("click", () => {
      const lastOn = !off.has(own.name) && off.size === series.length - 1;
      if (lastOn) return;
      if (!off.delete(own.name)) off.add(own.name);
      button.setAttribute("aria-pressed", String(!off.has(own.name)));
      change(new Set(off));
    });
    return button;
  });
  room.append(element("div", { class: "switches", role: "group", "aria-label": "Policies shown in the pictures" }, element("span", {}, "Show"), ...buttons));
}

/** The series of several pictures, each name once. What an assumption moves is no series: such a picture is about one policy. */
export function allSeries(pictures) {
  const known = new Map();
  const drawn = pictures.filter((picture) => picture.panels.some((panel) => panel.content.kind !== "swings"));
  for (const own of drawn.flatMap((picture) => picture.series)) if (!known.has(own.name)) known.set(own.name, own);
  return [...known.values()].sort((a, b) => a.color - b.color);
}

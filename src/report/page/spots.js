// Values that show themselves: under the pointer, under a finger, and to whoever moves through them by keys.

import { element, shape } from "./dom.js";

/**
 * A part of a picture that says `lines` when it is pointed at; the first one names it. `hit` is where it is met
 * (x, y, width, height), `drawn` what is seen of it.
 */
export function spot(lines, hit, ...drawn) {
  const [x, y, width, height] = hit;
  const said = lines.filter(Boolean);
  const area = shape("rect", { class: "hit", x, y, width: Math.max(width, 0), height: Math.max(height, 0) });
  return shape("g", { class: "spot", role: "img", "aria-label": said.join("; "), "data-tip": said.join("\n") }, area, ...drawn);
}

/** Lets the spots inside `room` show what they say, and arrow keys go from one to the next. Call once; drawings may change. */
export function showSpots(room) {
  const tip = element("div", { class: "tip", "aria-hidden": "true", hidden: true });
  room.append(tip);
  const spotOf = (event) => (event.target instanceof Element ? event.target.closest(".spot") : null);
  const show = (event) => {
    const at = spotOf(event);
    if (at) place(tip, at, room);
    else tip.hidden = true;
  };
  room.addEventListener("pointerover", show);
  room.addEventListener("pointerleave", () => { tip.hidden = true; });
  room.addEventListener("click", show);
  room.addEventListener("focusin", show);
  room.addEventListener("focusout", () => { tip.hidden = true; });
  room.addEventListener("keydown", (event) => {
    const at = spotOf(event);
    if (!at) return;
    if (event.key === "Escape") tip.hidden = true;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...at.closest("svg").querySelectorAll(".spot")];
    const next = all[(all.indexOf(at) + step + all.length) % all.length];
    at.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
}

/** Makes the first spot of a drawing the one that the tab key reaches. */
export function reachable(svg) {
  svg.querySelectorAll(".spot").forEach((spot, index) => spot.setAttribute("tabindex", index === 0 ? "0" : "-1"));
  return svg;
}

function place(tip, at, room) {
  const [name, ...rest] = at.dataset.tip.split("\n");
  tip.replaceChildren(element("b", {}, name), ...rest.map((line) => element("span", {}, line)));
  tip.hidden = false;
  const around = room.getBoundingClientRect();
  const spotBox = at.getBoundingClientRect();
  const middle = spotBox.left + Math.min(spotBox.width, 2 * around.width) / 2 - around.left;
  const left = Math.min(Math.max(middle - tip.offsetWidth / 2, 0), Math.max(around.width - tip.offsetWidth, 0));
  const above = spotBox.top - around.top - tip.offsetHeight - 6;
  // Where a tall spot fills the drawing, the tip stands inside it.
  const tall = spotBox.height > 120;
  tip.style.left = `${left}px`;
  tip.style.top = `${tall ? spotBox.top - around.top + 6 : above}px`;
}

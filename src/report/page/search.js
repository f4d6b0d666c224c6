// A field that leaves only the rows that hold what was typed.

import { element } from "./dom.js";

/** Puts a search field above the tables in `room`. Words may stand in any order. */
export function searchable(room, label) {
  const field = element("input", { type: "search", spellcheck: "false", autocomplete: "off" });
  const found = element("output", { role: "status" });
  room.prepend(element("label", { class: "search" }, label, " ", field, " ", found));
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of room.querySelectorAll("tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) left += 1;
    }
    for (const fold of room.querySelectorAll("details")) {
      const holds = fold.querySelector("tbody tr:not([hidden])") !== null;
      fold.hidden = !holds;
      fold.open = holds && words.length > 0;
    }
    found.textContent = words.length ? `${left} ${left === 1 ? "row" : "rows"}` : "";
  });
}

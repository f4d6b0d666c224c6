// What the page does once it is there. Without script it shows the same, and nothing moves.

import { livePicture } from "./picture.js";
import { openToPrint } from "./print.js";
import { searchable } from "./search.js";
import { sortable } from "./sort.js";
import { allSeries, switches } from "./switches.js";

document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll(".searched").forEach((room) => searchable(room, "Find an outcome"));
openToPrint(document);

for (const room of document.querySelectorAll(".pictures")) {
  const figures = [...room.querySelectorAll("figure")].filter((figure) => figure.querySelector("script"));
  const pictures = figures.map((figure) => JSON.parse(figure.querySelector("script").textContent));
  const bar = document.createElement("div");
  room.prepend(bar);
  const hide = figures.map((figure, index) => livePicture(figure, pictures[index]));
  const series = allSeries(pictures);
  if (series.length > 1) switches(bar, series, (names) => hide.forEach((own) => own(names)));
}

// Tables that sort: a button in each head. The order of the file comes back with the third click.

import { element } from "./dom.js";

const ORDERS = ["ascending", "descending", "none"];

/**
 * Makes a table's columns sortable. A cell with `data-value` sorts by that number, any other one by its words; cells without
 * a value stay last.
 */
export function sortable(table) {
  const body = table.tBodies[0];
  const asWritten = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = element("button", { type: "button", class: "sort" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort") ?? "none";
      const order = ORDERS[(ORDERS.indexOf(now) + 1) % ORDERS.length];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (order !== "none") head.setAttribute("aria-sort", order);
      body.append(...sorted(asWritten, column, order));
    });
  });
}

function sorted(rows, column, order) {
  if (order === "none") return rows;
  const sign = order === "ascending" ? 1 : -1;
  const keyed = rows.map((row) => ({ row, key: keyOf(row.cells[column]) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key, sign));
  return keyed.map(({ row }) => row);
}

function keyOf(cell) {
  if (!cell || cell.classList.contains("absent")) return null;
  const number = cell.dataset.value;
  return number === undefined ? cell.textContent.trim() : Number(number);
}

function compareKeys(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

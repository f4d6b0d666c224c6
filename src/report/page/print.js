// On paper nothing can be opened, so that everything is.

/** Opens what is folded while the page is printed. */
export function openToPrint(root) {
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...root.querySelectorAll("details:not([open])")];
    opened.forEach((fold) => { fold.open = true; });
  });
  window.addEventListener("afterprint", () => {
    opened.forEach((fold) => { fold.open = false; });
  });
}

// What is wrong with the page that this runs in and axe does not look for, as a list of sentences.
(() => {
  const found = [];
  const name = (e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") || ""}"> ${(e.textContent || "").trim().slice(0, 40)}`;
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll("main *")].find((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre"));
    found.push(`the page is wider than the window: ${root.scrollWidth} of ${innerWidth}, ${wide ? name(wide) : ""}`);
  }
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids.filter((id, at) => ids.indexOf(id) < at)) found.push(`id ${id} twice`);
  for (const e of document.querySelectorAll("th")) if (!e.scope) found.push("a th has no scope");
  for (const e of document.querySelectorAll("main *")) {
    const sideways = ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth;
    if (sideways && shown(e) && !(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby"))) found.push(`scrolls but has no name, ${name(e)}`);
  }
  // A word of at most a dozen characters that stands on two lines of a cell: its column was squeezed.
  const words = document.createRange();
  for (const cell of document.querySelectorAll("td, th")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      if (parentElement.closest("td, th") !== cell || !shown(parentElement)) continue;
      for (const { 0: word, index } of data.matchAll(/(?<!\S)[\w:.,()-]{2,12}(?!\S)/g)) {
        words.setStart(texts.currentNode, index);
        words.setEnd(texts.currentNode, index + word.length);
        const lines = new Set([...words.getClientRects()].map((r) => Math.round(r.top)));
        if (lines.size > 1 && !word.slice(0, -1).includes("-")) found.push(`${word} is broken in a cell, ${name(cell)}`);
      }
    }
  }
  return found;
})()

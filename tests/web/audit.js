// What is wrong with the page that this runs in, as a list of sentences; by our own reading of WCAG 2.2 AA.
(() => {
  const found = [];
  const name = (e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") || ""}"> ${(e.textContent || "").trim().slice(0, 40)}`;
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll("main *")].find((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre"));
    found.push(`the page is wider than the window: ${root.scrollWidth} of ${innerWidth}, ${wide ? name(wide) : ""}`);
  }
  if (!root.lang) found.push("no lang");
  if (document.querySelectorAll("main").length !== 1) found.push("not one main");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  for (const nav of document.querySelectorAll("nav")) if (!nav.getAttribute("aria-label")) found.push("a nav has no name");
  let level = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4")) {
    if (+h.tagName[1] > level + 1) found.push(`heading out of order, ${name(h)}`);
    level = +h.tagName[1];
  }
  const ids = new Set();
  for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) found.push(`id ${e.id} twice`);
    ids.add(e.id);
  }
  for (const e of document.querySelectorAll("[aria-labelledby]")) if (!document.getElementById(e.getAttribute("aria-labelledby"))) found.push(`labelled by nothing, ${name(e)}`);
  for (const e of document.images) if (!e.hasAttribute("alt")) found.push("an image has no alt");
  for (const e of document.querySelectorAll("a[href],button,summary")) if (!(e.textContent.trim() || e.getAttribute("aria-label"))) found.push(`${name(e)} has no name`);
  for (const e of document.querySelectorAll("progress,input,select,textarea")) if (!e.getAttribute("aria-label") && !(e.labels || []).length) found.push(`${name(e)} has no label`);
  for (const e of document.querySelectorAll("th")) if (!e.scope) found.push("a th has no scope");
  for (const e of document.querySelectorAll("main *")) {
    const style = getComputedStyle(e);
    if (["auto", "scroll"].includes(style.overflowX) && e.scrollWidth > e.clientWidth && shown(e)) {
      if (e.tabIndex < 0) found.push(`scrolls but takes no focus, ${name(e)}`);
      if (!e.getAttribute("aria-label")) found.push(`scrolls but has no name, ${name(e)}`);
    }
  }
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const cache = new Map();
  const rgba = (text) => {
    if (!cache.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      cache.set(text, [r, g, b, a / 255]);
    }
    return cache.get(text);
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), rgba(getComputedStyle(document.body).backgroundColor));
  };
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pale = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let count = 0; walker.nextNode() && count < 3000; count++) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(e) || e.closest(".unseen, .skip")) continue;
    const style = getComputedStyle(e), back = behind(e);
    const ink = light(over(rgba(style.color), back)), paper = light(back);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.005) pale.set(e.className + style.color, `contrast ${ratio.toFixed(2)}, ${name(e)}`);
  }
  return found.concat([...pale.values()]);
})()

"use strict";
// Tables: a list chooses rows or an option, a box finds text, a heading sorts.
function setUp(block) {
  const body = block.querySelector("tbody");
  const rows = Array.from(body.rows);
  const find = block.querySelector("input[type=search]");
  const choices = Array.from(block.querySelectorAll("select.choice"));
  const option = block.querySelector("select.option");
  const every = block.querySelector("input.every");
  const headings = Array.from(block.querySelectorAll("th"));

  function filter() {
    const words = find ? find.value.toLowerCase().trim() : "";
    let shown = 0;
    for (const row of rows) {
      const values = JSON.parse(row.dataset.chosen);
      const chosen = choices.every((choice, at) => choice.value === "" || choice.value === values[at]);
      const unfolded = !every || every.checked || !row.classList.contains("extra");
      row.hidden = !(chosen && unfolded && (words === "" || row.textContent.toLowerCase().includes(words)));
      shown += row.hidden ? 0 : 1;
    }
    const all = `${rows.length} row${rows.length === 1 ? "" : "s"}`;
    block.querySelector("output").value = shown === rows.length ? all : `${shown} of ${all}`;
  }

  function key(row, column) {
    const cell = row.cells[column];
    return cell.dataset.sort === undefined ? cell.textContent : cell.dataset.sort;
  }

  function sort() {
    const column = headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
    if (column < 0) return;
    const sign = headings[column].getAttribute("aria-sort") === "ascending" ? 1 : -1;
    const numeric = headings[column].classList.contains("number");
    const sorted = rows.slice().sort((one, other) => {
      const [a, b] = [key(one, column), key(other, column)];
      // What is missing comes last, whatever the direction
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true }));
    });
    body.append(...sorted);
  }

  function show() {
    for (const cell of body.querySelectorAll("td[data-texts]")) {
      cell.textContent = JSON.parse(cell.dataset.texts)[option.value];
      cell.dataset.sort = JSON.parse(cell.dataset.sorts)[option.value];
    }
    sort();
    filter();
  }

  headings.forEach((heading) => heading.firstElementChild.addEventListener("click", () => {
    const next = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", next);
    sort();
  }));
  if (find) find.addEventListener("input", filter);
  choices.forEach((choice) => choice.addEventListener("change", filter));
  if (every) every.addEventListener("change", () => {
    block.classList.toggle("all", every.checked);
    filter();
  });
  if (option) {
    option.addEventListener("change", show);
    show();
  }
  filter();
}

// Listings: a button copies the text.
for (const listing of document.querySelectorAll(".listing")) {
  const button = listing.querySelector(".copy");
  const text = listing.querySelector("pre");
  button.addEventListener("click", async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch {
      // A page on the disk may not have the clipboard, but may copy what is selected
      getSelection().selectAllChildren(text);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Selected: press Ctrl-C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

// Terms: the glossary's explanation beside the word that the pointer or the focus is on.
const tip = document.getElementById("tip");
const glossary = JSON.parse(document.getElementById("glossary").textContent);

function explain(word) {
  tip.textContent = glossary[word.dataset.term];
  tip.hidden = false;
  const [at, box] = [word.getBoundingClientRect(), tip.getBoundingClientRect()];
  const right = document.documentElement.clientWidth - box.width - 8;
  const above = at.bottom + box.height + 8 > innerHeight && at.top > box.height + 8;
  tip.style.left = `${Math.max(8, Math.min(at.left, right)) + scrollX}px`;
  tip.style.top = `${(above ? at.top - box.height - 6 : at.bottom + 6) + scrollY}px`;
  word.setAttribute("aria-describedby", "tip");
}

function hideTip() {
  tip.hidden = true;
}

for (const word of document.querySelectorAll("[data-term]")) {
  for (const event of ["pointerenter", "focus", "click"]) word.addEventListener(event, () => explain(word));
  for (const event of ["pointerleave", "blur"]) word.addEventListener(event, hideTip);
}
addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });

// Figures: in the colours of the page, also when those change or the page is printed.
const dark = matchMedia("(prefers-color-scheme: dark)");
const NARROW = 600;
const PAPER = 980;

function repaint(value) {
  // Black lines would not be seen on a dark page
  if (typeof value === "string") return value === "#000000" ? "#ffffff" : value === "#333333" ? "#cccccc" : value;
  if (Array.isArray(value)) return value.map(repaint);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, repaint(item)]));
}

// Break a long label after a space, a dot or an underscore.
function wrap(text, longest) {
  const lines = [""];
  for (const part of String(text).split(/(?<=[ ._])/)) {
    const line = lines[lines.length - 1];
    if (line && (line + part).replace(/<[^>]*>/g, "").length > longest) lines.push(part);
    else lines[lines.length - 1] = line + part;
  }
  return lines.join("<br>");
}

function panelsOf(data, layout) {
  const used = new Set(data.map((trace) => (trace.xaxis || "x").replace("x", "xaxis")));
  return Object.keys(layout).filter((name) => /^xaxis\d*$/.test(name) && used.has(name)).map((name) => {
    const x = layout[name];
    const y = layout[(x.anchor && x.anchor !== "free" ? x.anchor : "y").replace("y", "yaxis")];
    return { x, y, left: (x.domain || [0, 1])[0], top: ((y || {}).domain || [0, 1])[1] };
  }).filter((panel) => panel.y).sort((one, other) => other.top - one.top || one.left - other.left);
}

// On a narrow page panels stand below each other, each as tall as it was.
function stack(data, layout) {
  const margin = { l: 10, r: 12, t: layout.margin.t, b: 10 };
  const inside = layout.height - layout.margin.t - (layout.margin.b || 80);
  const panels = panelsOf(data, layout);
  // Titles of axes and of the next panel are between two panels
  const gap = 105;
  const heights = panels.map(({ y }) => {
    const [bottom, top] = y.domain || [0, 1];
    return Math.max((top - bottom) * inside, 110);
  });
  const total = heights.reduce((sum, height) => sum + height, 0) + gap * (panels.length - 1);
  const titles = (layout.annotations || []).filter((one) => one.xref === "paper" && one.yref === "paper");
  let top = total;
  let rowTitle = null;
  let rowTop = null;
  panels.forEach((panel, at) => {
    const { x, y } = panel;
    const [left, right] = x.domain || [0, 1];
    const title = titles.find((one) => Math.abs(one.x - (left + right) / 2) < 0.02 && Math.abs(one.y - panel.top) < 0.02);
    if (panel.top !== rowTop) [rowTitle, rowTop] = [y.title, panel.top];
    if (!y.title && rowTitle) y.title = rowTitle;
    x.domain = [0, 1];
    y.domain = [Math.max((top - heights[at]) / total, 0), top / total];
    if (title) Object.assign(title, { x: 0, xanchor: "left", y: top / total, text: wrap(title.text, 32), font: { size: 13 } });
    Object.assign(y, { showticklabels: y.visible !== false, automargin: true });
    x.automargin = true;
    if (x.title) delete x.title.standoff;
    top -= heights[at] + gap;
  });
  for (const { x, y } of panels) {
    for (const axis of [x, y]) {
      if (!axis.title || !axis.title.text) continue;
      axis.title = { ...axis.title, text: wrap(axis.title.text, axis === y ? 26 : 30), font: { ...axis.title.font, size: 12 } };
    }
    shorten(data, y, total);
  }
  // Buttons are wider than the panel whose labels leave little room
  for (const menu of layout.updatemenus || []) {
    Object.assign(menu, { x: 1, xanchor: "right", type: menu.buttons.length > 4 ? "dropdown" : menu.type });
  }
  layout.margin = margin;
  layout.height = total + margin.t + margin.b + 70;
  if ((layout.coloraxis || {}).colorbar) {
    Object.assign(layout.coloraxis.colorbar, { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "bottom", ypad: 24, len: 0.5 });
  }
  const names = data.filter((trace) => trace.name && trace.showlegend !== false).map((trace) => trace.name);
  if (layout.showlegend === false || names.length < 2) return;
  const rows = names.reduce(({ count, used }, name) => {
    const width = 55 + 7 * name.length;
    return used + width > 360 ? { count: count + 1, used: width } : { count, used: used + width };
  }, { count: 1, used: 0 }).count;
  layout.margin.b += 24 * rows;
  layout.height += 24 * rows;
  layout.legend = { ...layout.legend, orientation: "h", x: 0, y: 0, yanchor: "bottom", yref: "container", xref: "container" };
}

// Long labels of a vertical axis, in two lines where there is room, leave the figure more.
function shorten(data, axis, total) {
  const own = data.filter((trace) => (trace.yaxis || "y") === axis.name);
  const labels = axis.ticktext || [...new Set(own.flatMap((trace) => trace.y || []))];
  const isCategory = axis.type === "category" || labels.some((label) => typeof label === "string" && isNaN(label));
  const room = ((axis.domain[1] - axis.domain[0]) * total) / Math.max(labels.length, 1);
  const size = Math.min((axis.tickfont || {}).size || 11, 11, Math.max(room, 7));
  axis.tickfont = { ...axis.tickfont, size };
  if (!isCategory) return;
  const short = (text) => {
    const wrapped = wrap(text, 20);
    return wrapped.split("<br>").length * 1.2 * size <= room ? wrapped : cut(String(text), 24);
  };
  if (!axis.ticktext) Object.assign(axis, { tickmode: "array", tickvals: labels });
  axis.ticktext = labels.map(short);
}

function cut(text, longest) {
  const plain = text.replace(/<[^>]*>/g, "");
  return plain.length > longest ? text.replace(plain, `${plain.slice(0, longest - 1)}…`) : text;
}

let figures = [];

function isSeen(figure) {
  return figure.closest("details:not([open])") === null;
}

function draw(isDark, width, within = document) {
  for (const figure of within.querySelectorAll(".plot")) {
    if (!isSeen(figure)) continue;
    // A figure's own copy: what follows changes it
    let { data, layout } = structuredClone(figures[figure.dataset.number]);
    const every = figure.querySelector("input.every");
    if (every && every.checked) data.forEach((trace) => { delete trace.visible; });
    else if (every) data = data.filter((trace) => trace.meta !== "folded");
    const grid = isDark ? "#38424f" : "#e3e7ec";
    const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: grid };
    // A figure may come without a theme, a margin or a height of its own
    layout.template = layout.template || {};
    const theme = (layout.template.layout = layout.template.layout || {});
    Object.assign(theme, { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" });
    const ink = isDark ? "#e4e8ee" : "#1d2530";
    theme.font = { ...theme.font, color: ink };
    if (layout.font) layout.font = { ...layout.font, color: ink };
    theme.xaxis = { ...theme.xaxis, ...axis };
    theme.yaxis = { ...theme.yaxis, ...axis };
    layout.margin = { ...layout.margin, t: Math.max(((layout.margin || {}).t || 100) - 40, 60) };
    layout.height = layout.height || 450;
    const canvas = figure.querySelector(".canvas");
    const room = width || canvas.clientWidth;
    for (const [name, one] of Object.entries(layout)) {
      if (/^yaxis\d*$/.test(name)) Object.defineProperty(one, "name", { value: name.replace("axis", "") });
    }
    if (room < NARROW) stack(data, layout);
    if (width) layout.width = width;
    // A figure that follows its container's width leaves it no height of its own
    canvas.style.height = `${layout.height}px`;
    for (const menu of layout.updatemenus || []) {
      Object.assign(menu, { bgcolor: isDark ? "#9aa6b5" : "#ffffff", font: { color: "#1d2530" } });
    }
    const config = { responsive: true, displaylogo: false, displayModeBar: room < NARROW ? false : "hover" };
    Plotly.react(canvas, isDark ? repaint(data) : data, layout, config);
    canvas.dataset.drawnFor = room < NARROW ? "narrow" : "wide";
  }
}

async function unpack(id) {
  const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

async function begin() {
  try {
    const packed = document.getElementById("packed").textContent ? JSON.parse(await unpack("packed")) : { figures: [], rows: [] };
    document.querySelectorAll("tbody[data-packed]").forEach((body, at) => { body.innerHTML = packed.rows[at]; });
    figures = packed.figures;
    document.querySelectorAll(".plot").forEach((figure, at) => { figure.dataset.number = at; });
    if (figures.length) {
      const script = document.createElement("script");
      script.textContent = await unpack("plotly");
      document.head.append(script);
    }
  } catch (error) {
    for (const place of document.querySelectorAll(".canvas, tbody[data-packed]")) {
      place.textContent = "This browser is too old to unpack this part of the page.";
    }
  }
  document.querySelectorAll(".table").forEach(setUp);
  document.documentElement.dataset.ready = "yes";
  redraw();
  dark.addEventListener("change", () => redraw());
  folded.forEach((one) => one.addEventListener("toggle", () => redraw(one)));
  document.querySelectorAll(".plot .every").forEach((one) => one.addEventListener("change", () => redraw()));
  // A turned phone may have room for panels beside each other
  addEventListener("resize", () => {
    const wanted = document.querySelector("main").clientWidth < NARROW ? "narrow" : "wide";
    if (document.querySelector(`.canvas[data-drawn-for]:not([data-drawn-for=${wanted}])`)) redraw();
  });
}

function redraw(within) {
  if (!window.Plotly) return;
  if (isPaper) draw(false, PAPER, within);
  else draw(dark.matches, undefined, within);
}

// Sections: one that is linked to opens, and all do on paper.
const folded = Array.from(document.querySelectorAll("details"));
let closed = [];
let isPaper = false;

function openTarget() {
  const section = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = section && section.querySelector(":scope > details");
  if (details) details.open = true;
}

addEventListener("hashchange", openTarget);
for (const link of document.querySelectorAll("nav a")) link.addEventListener("click", () => setTimeout(openTarget));
// Paper has its own width, of which the figures are not told
addEventListener("beforeprint", () => {
  isPaper = true;
  closed = folded.filter((one) => !one.open);
  closed.forEach((one) => { one.open = true; });
  redraw();
});
addEventListener("afterprint", () => {
  isPaper = false;
  closed.forEach((one) => { one.open = false; });
  redraw();
});
openTarget();
begin();

"use strict";
// Tables: a list chooses rows or an option, a box finds text, a heading sorts.
for (const block of document.querySelectorAll(".table")) {
  const body = block.querySelector("tbody");
  const rows = Array.from(body.rows);
  const find = block.querySelector("input[type=search]");
  const choices = Array.from(block.querySelectorAll("select.choice"));
  const option = block.querySelector("select.option");
  const headings = Array.from(block.querySelectorAll("th"));

  function filter() {
    const words = find ? find.value.toLowerCase().trim() : "";
    let shown = 0;
    for (const row of rows) {
      const values = JSON.parse(row.dataset.chosen);
      const chosen = choices.every((choice, at) => choice.value === "" || choice.value === values[at]);
      row.hidden = !(chosen && (words === "" || row.textContent.toLowerCase().includes(words)));
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
  if (option) {
    option.addEventListener("change", show);
    show();
  }
  filter();
}

// Figures: in the colours of the page, also when those change or the page is printed.
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function repaint(value) {
  // Black lines would not be seen on a dark page
  if (typeof value === "string") return value === "#000000" ? "#ffffff" : value;
  if (Array.isArray(value)) return value.map(repaint);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, repaint(item)]));
}

function draw(isDark, width) {
  for (const figure of document.querySelectorAll(".plot")) {
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
    const grid = isDark ? "#38424f" : "#e3e7ec";
    const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: grid };
    // A figure may come without a theme, a margin or a height of its own
    layout.template = layout.template || {};
    const theme = (layout.template.layout = layout.template.layout || {});
    Object.assign(theme, { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" });
    theme.font = { ...theme.font, color: isDark ? "#e4e8ee" : "#1d2530" };
    theme.xaxis = { ...theme.xaxis, ...axis };
    theme.yaxis = { ...theme.yaxis, ...axis };
    layout.margin = { ...layout.margin, t: Math.max(((layout.margin || {}).t || 100) - 40, 60) };
    if (width) layout.width = width;
    const canvas = figure.querySelector(".canvas");
    // A figure that follows its container's width leaves it no height of its own
    canvas.style.height = `${layout.height || 450}px`;
    for (const menu of layout.updatemenus || []) {
      Object.assign(menu, { bgcolor: isDark ? "#9aa6b5" : "#ffffff", font: { color: "#1d2530" } });
    }
    const config = { responsive: true, displaylogo: false };
    Plotly.react(canvas, isDark ? repaint(data) : data, layout, config);
  }
}

draw(dark.matches);
dark.addEventListener("change", () => draw(dark.matches));
// Paper has its own width, of which the figures are not told
window.addEventListener("beforeprint", () => draw(false, 980));
window.addEventListener("afterprint", () => draw(dark.matches));

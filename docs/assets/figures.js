// Draw the figures of the notebooks, as wide as the page and in its colours.
for (const figure of document.querySelectorAll(".figure")) {
  const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
  const text = getComputedStyle(figure).color;
  const quiet = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(127,127,127,0.08)" };
  const look = { ...layout, ...quiet, autosize: true, width: undefined, font: { ...layout?.font, color: text } };
  Plotly.newPlot(figure, data, look, { responsive: true, displaylogo: false });
}

/* Draws the plots anew with uPlot, so that values can be read by pointing; the server's SVG stays where this can't run. */
"use strict";

function colourOf(css) {
  const name = `--${css.replace(/^s-/, "")}`;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#888";
}

function stacked(values) {
  const sums = [];
  let below = values.length ? values[0].map(() => 0) : [];
  for (const row of values) {
    below = row.map((value, index) => value + below[index]);
    sums.push(below);
  }
  return sums;
}

function draw(stage) {
  const plot = JSON.parse(stage.dataset.plot);
  const sums = stacked(plot.values);
  const steps = uPlot.paths.stepped({ align: 1 });
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--faint").trim();
  const line = getComputedStyle(document.documentElement).getPropertyValue("--line").trim();
  /* The highest sum is drawn first, so that each lower one covers its part. */
  const order = plot.series.map((_, index) => index).reverse();
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  const days = (self, ticks) =>
    ticks.map((tick) => new Date(tick * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }));
  const whole = (self, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick : ""));
  const options = {
    width: stage.clientWidth,
    height: 180,
    scales: { y: { range: (self, low, high) => [0, Math.max(1, high)] } },
    axes: [{ ...axis, values: days }, { ...axis, size: 40, values: whole }],
    legend: { show: true, markers: { width: 0 } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    series: [
      { value: (self, seconds) => (seconds ? new Date(seconds * 1000).toISOString().slice(0, 10) : "–"), label: "Day" },
      ...order.map((index) => ({
        label: plot.series[index].label,
        fill: colourOf(plot.series[index].css),
        stroke: colourOf(plot.series[index].css),
        width: 1,
        points: { show: false },
        paths: steps,
        value: (self, value, series, place) => (place == null ? "–" : plot.values[index][place]),
      })),
    ],
  };
  const fallback = stage.querySelector("svg");
  const chart = new uPlot(options, [plot.days, ...order.map((index) => sums[index])], stage);
  if (fallback) fallback.classList.add("unseen");
  stage.closest("figure").classList.add("plot-drawn");
  new ResizeObserver(() => chart.setSize({ width: stage.clientWidth, height: 180 })).observe(stage);
}

if (window.uPlot) document.querySelectorAll("[data-plot]").forEach(draw);

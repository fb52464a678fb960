#include "report/assets.hpp"

namespace troodon::report {

// Draws the charts into the <svg> elements that chart_html wrote. User text never passes through
// innerHTML: names live in HTML written by C++, the script adds numbers only.
std::string_view page_script() {
  return R"js("use strict";
(() => {
const config = document.querySelector("#configuration details");
if (config) addEventListener("beforeprint", () => { config.open = true; });
const slider = document.getElementById("smoothing");
if (!slider) return;
const charts = JSON.parse(document.getElementById("chart-data").textContent).map((data, i) => {
  const figure = document.getElementById("chart-" + i), find = (what) => figure.querySelector(what);
  return { data, svg: find("svg"), buttons: [...figure.querySelectorAll(".legend button")],
    at: find(".at"), log: find(".log input"), spoken: find(".spoken"), cursor: null };
});
const few = 100;  // a line with fewer points is never smoothed

// Numbers for people; the minus is a real one, thousands are set apart.
const spaced = (text) => text.replace(/^-/, "\u2212")
  .replace(/^\D?\d{4,}/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
function number(v, digits = 4) {
  if (v === null || v === undefined) return "–";
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-3 || size >= 1e7))
    return v.toExponential(digits - 2).replace(/\.?0+e/, "e").replace("e+", "e")
      .replace(/-/g, "\u2212");
  return spaced(Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(Math.max(digits,
    Math.ceil(Math.log10(size + 1)))))));
}

// Weighted mean of all neighbours, exp(-distance / reach): no lag, no matter how dense the points.
function smooth(x, y, reach) {
  const sum = new Float64Array(x.length), weight = new Float64Array(x.length);
  for (const backward of [false, true]) {
    let s = 0, w = 0, last = null;
    for (let k = 0; k < x.length; ++k) {
      const i = backward ? x.length - 1 - k : k;
      if (y[i] === null) continue;
      const fade = last === null ? 0 : Math.exp(-Math.abs(x[i] - last) / reach);
      s *= fade; w *= fade; last = x[i];
      sum[i] += s + (backward ? 0 : y[i]); weight[i] += w + (backward ? 0 : 1);
      s += y[i]; w += 1;
    }
  }
  return y.map((v, i) => v === null ? null : sum[i] / weight[i]);
}

const share = () => 0.1 * (slider.value / slider.max) ** 2;  // of the x axis

function extent(lists, accept = () => true) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (const v of list)
    if (v !== null && accept(v)) { if (v < low) low = v; if (v > high) high = v; }
  return low <= high ? [low, high] : null;
}

function travel(y) {  // how far the line goes up and down in all
  const present = y.filter((v) => v !== null);
  return present.reduce((sum, v, i) => sum + (i > 0 ? Math.abs(v - present[i - 1]) : 0), 0);
}

// What is drawn of a series: the raw line, and above it the smoothed one if the raw one trembles.
function prepare(chart) {
  const [low, high] = extent(chart.data.series.map((s) => s.x)) ?? [0, 1];
  const reach = share() * (high - low);
  chart.lines = chart.data.series.map((s) => {
    if (reach > 0 && s.x.length >= few) {
      const x = s.mean_x ?? s.x, y = smooth(x, s.mean_y ?? s.y, reach);
      if (travel(s.y) > 1.3 * travel(y)) return { x, y, raw: s, soft: true };
    }
    return { x: s.x, y: s.y, raw: s, soft: false };
  });
}

function steps(low, high, count) {
  const rough = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k <= high / step + 1e-9; ++k)
    out.push(Number((k * step).toPrecision(12)));
  return out;
}
function log_steps(low, high, count) {
  const a = Math.floor(Math.log10(low)), b = Math.ceil(Math.log10(high));
  if (Math.log10(high / low) < 1) return steps(low, high, count);
  const stride = Math.ceil((b - a) / Math.max(1, count)), out = [];
  const parts = Math.log10(high / low) < count / 3 ? [1, 2, 5] : [1];
  for (let e = a; e <= b; e += stride) for (const m of parts) out.push(Number(m + "e" + e));
  return out.filter((v) => v >= low * 0.999 && v <= high * 1.001);
}

// The axes: ranges padded, and functions from data to pixels.
function scales(chart, width, height) {
  const shown = chart.lines.filter((_, i) => is_shown(chart, i)), log = chart.log.checked;
  const x = extent(chart.data.series.map((s) => s.x)) ?? [0, 1];
  if (x[0] === x[1]) { x[0] -= 0.5; x[1] += 0.5; }
  let y = extent(shown.map((l) => l.raw.y), (v) => !log || v > 0);
  if (!y) return null;
  let [low, high] = y;
  if (low === high) { const pad = log ? 0 : Math.abs(low) * 0.1 || 1; low -= pad; high += pad; }
  if (log) { const pad = (high / low) ** 0.05 * (high === low ? 2 : 1); low /= pad; high *= pad; }
  else {
    const pad = 0.06 * (high - low);
    low = low >= 0 && low < 0.2 * high ? 0 : low - pad; high += pad;
  }
  const ticks = (log ? log_steps : steps)(low, high, height / (log ? 36 : 46));
  const labels = ticks.map((v) => number(v, 6));
  const left = 10 + 0.47 * rem() * Math.max(2, ...labels.map((t) => t.length));
  const box = { left, right: width - 12, top: 10, bottom: height - 1.5 * rem() };
  const f = log ? Math.log : (v) => v;
  return { box, x, ticks, labels, log,
    px: (v) => box.left + (v - x[0]) / (x[1] - x[0]) * (box.right - box.left),
    py: (v) => box.bottom - (f(v) - f(low)) / (f(high) - f(low)) * (box.bottom - box.top) };
}
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const is_shown = (chart, i) => chart.buttons[i].getAttribute("aria-pressed") === "true";
const c = (v) => v.toFixed(1);

function path(x, y, s) {
  let out = "", pen = "M";
  for (let i = 0; i < x.length; ++i) {
    if (y[i] === null || (s.log && y[i] <= 0)) { pen = "M"; continue; }
    const point = c(s.px(x[i])) + " " + c(s.py(y[i]));
    out += pen + point + (pen === "M" ? "h0" : "");  // h0: a lone point becomes a dot
    pen = "L";
  }
  return out;
}
function mark(i, x, y, r = 4) {
  const shape = [`a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
    `v${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
    `v${r}h${2 * r}l${-r} ${-2 * r}z`, `l${r} ${-r}l${r} ${r}l${-r} ${r}z`][(i + (i >> 3)) % 4];
  return `<path class="mark c${i % 8}" d="M${c(x - r)} ${c(y)}${shape}"/>`;
}

function draw(chart, width = chart.svg.clientWidth, height = chart.svg.clientHeight) {
  if (!width || !height) return;
  chart.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const s = chart.scales = scales(chart, width, height);
  if (!s) { chart.svg.innerHTML = `<text x="${width / 2}" y="${height / 2}" text-anchor="middle">` +
    `${chart.log.checked ? "no positive values" : "no values"}</text>`; return read(chart); }
  const { box } = s, grid = [], faint = [], strong = [], marks = [];
  s.ticks.forEach((v, k) => {
    const y = c(s.py(v));
    grid.push(`<path class="grid" d="M${c(box.left)} ${y}H${c(box.right)}"/>` +
      `<text x="${c(box.left - 6)}"` +
      ` y="${y}" dy=".34em" text-anchor="end">${s.labels[k]}</text>`); });
  for (const v of steps(s.x[0], s.x[1], (box.right - box.left) / (4.6 * rem()))) {
    const x = s.px(v), anchor = x > box.right - 14 ? "end" : "middle";
    grid.push(`<path class="base" d="M${c(x)} ${c(box.bottom)}v4"/><text x="${c(x)}"` +
      ` y="${c(box.bottom + 1.15 * rem())}" text-anchor="${anchor}">${number(v, 6)}</text>`);
  }
  grid.push(`<path class="base" d="M${c(box.left)} ${c(box.bottom)}H${c(box.right)}"/>`);
  chart.lines.forEach((line, i) => {
    if (!is_shown(chart, i)) return;
    const tone = `c${i % 8}`;
    const { x, y } = line.raw;
    if (line.soft) faint.push(`<path class="line faint ${tone}" d="${path(x, y, s)}"/>`);
    strong.push(`<path class="line ${tone}" d="${path(line.x, line.y, s)}"/>`);
    const k = line.y.findLastIndex((v) => v !== null && !(s.log && v <= 0));
    if (k >= 0) marks.push(mark(i, s.px(line.x[k]), s.py(line.y[k])));
  });
  chart.svg.innerHTML = [...grid, ...faint, ...strong, ...marks, '<g class="cursor"></g>'].join("");
  read(chart);
}

// Index of the value nearest to x; -1 where the line has none near it.
function nearest(line, x) {
  let best = -1, count = 0;
  for (let i = 0; i < line.x.length; ++i) {
    if (line.y[i] === null) continue;
    ++count;
    if (best < 0 || Math.abs(line.x[i] - x) < Math.abs(line.x[best] - x)) best = i;
  }
  const spacing = (line.x.at(-1) - line.x[0]) / Math.max(1, count - 1);
  return best >= 0 && Math.abs(line.x[best] - x) <= spacing * 1.5 ? best : -1;
}

// Values beside the legend: at the cursor, or the last ones.
function read(chart) {
  const { scales: s, cursor } = chart, marks = [], words = [];
  chart.lines.forEach((line, i) => {
    const k = cursor === null ? line.y.findLastIndex((v) => v !== null) : nearest(line, cursor);
    const value = k < 0 ? "–" : (line.soft ? "≈\u2009" : "") + number(line.y[k]);
    chart.buttons[i].querySelector("b").textContent = value;
    if (!is_shown(chart, i)) return;
    words.push(chart.data.series[i].name + " " + value);
    if (s && k >= 0 && cursor !== null && !(s.log && line.y[k] <= 0))
      marks.push(mark(i, s.px(line.x[k]), s.py(line.y[k]), 3.5));
  });
  chart.at.textContent = cursor === null ? "last values"
    : `${chart.data.x_label} ${number(cursor, 7)}`;
  const group = chart.svg.querySelector(".cursor");
  if (group) group.innerHTML = cursor === null ? ""
    : `<path class="cross" d="M${c(s.px(cursor))} ` +
      `${s.box.top}V${c(s.box.bottom)}"/>` + marks.join("");
  return `${chart.at.textContent}: ${words.join(", ")}`;
}

// One cursor for all charts over the same x: what else happened at that step?
function point(origin, x) {
  for (const chart of charts) {
    const same = chart.data.x_label === origin.data.x_label, range = chart.scales?.x;
    chart.cursor = same && x !== null && range && x >= range[0] && x <= range[1] ? x : null;
    read(chart);
  }
}
// The steps a cursor can stand on: those of the visible line with the most points.
function stops(chart) {
  return chart.lines.filter((_, i) => is_shown(chart, i)).map((l) => l.raw.x)
    .reduce((a, b) => b.length > a.length ? b : a, []);
}
function snap(xs, x) {
  return xs.reduce((best, v) => Math.abs(v - x) < Math.abs(best - x) ? v : best, xs[0]);
}
function hover(chart, event) {
  const s = chart.scales, xs = stops(chart);
  if (!s || !xs.length) return;
  const left = chart.svg.getBoundingClientRect().left + s.box.left;
  const at = (event.clientX - left) / (s.box.right - s.box.left);
  point(chart, snap(xs, s.x[0] + at * (s.x[1] - s.x[0])));
}
function key(chart, event) {
  const xs = stops(chart), page = Math.max(1, Math.round(xs.length / 20));
  const now = chart.cursor === null ? xs.length : xs.indexOf(snap(xs, chart.cursor));
  const next = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - page, PageDown: now + page,
    Home: 0, End: xs.length - 1, Escape: null }[event.key];
  if (next === undefined || !xs.length) return;
  event.preventDefault();
  point(chart, next === null ? null : xs[Math.min(xs.length - 1, Math.max(0, next))]);
  chart.spoken.textContent = read(chart);
}

function smooth_all() {
  const text = share() === 0 ? "off" : `≈ ${number(200 * share(), 2)} % of the run`;
  document.getElementById("smoothing-text").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  for (const chart of charts) { prepare(chart); draw(chart); }
}
for (const chart of charts) {
  chart.buttons.forEach((button, i) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!is_shown(chart, i))); draw(chart); }));
  chart.log.addEventListener("change", () => draw(chart));
  for (const kind of ["pointermove", "pointerdown"])
    chart.svg.addEventListener(kind, (event) => hover(chart, event));
  chart.svg.addEventListener("pointerleave", () => point(chart, null));
  chart.svg.addEventListener("keydown", (event) => key(chart, event));
  chart.svg.addEventListener("blur", () => point(chart, null));
}
if (!charts.some((chart) => chart.data.series.some((s) => s.x.length >= few)))
  slider.closest("label").hidden = true;
slider.addEventListener("input", smooth_all);
smooth_all();
const watch = new ResizeObserver((changes) => changes.forEach((change) =>
  matchMedia("print").matches || draw(charts.find((chart) => chart.svg === change.target))));
for (const chart of charts) watch.observe(chart.svg);
addEventListener("beforeprint", () =>  // two charts share the width of a sheet
  charts.forEach((chart) => draw(chart, 400, 230)));
addEventListener("afterprint", () => charts.forEach((chart) => draw(chart)));
})();
)js";
}

}  // namespace troodon::report

#include "report/assets.hpp"

namespace troodon::report {

// Colours --c0..--c7 follow Okabe & Ito 2008 (told apart by colour-blind readers), each shifted to
// at least 3:1 contrast against the card of its theme; shapes (.k0...) repeat what colour says.
std::string_view page_style() {
  return R"css(
:root { --paper: #f7f6f3; --card: #ffffff; --ink: #1c2126; --soft: #59626b; --line: #e2e0da;
  --grid: #eceae5; --good: #00694f; --watch: #855300; --bad: #b3261e; --accent: #0067a3;
  --good-back: #e4f3ee; --watch-back: #fbf0da; --bad-back: #fbe6e3;
  --c0: #0072b2; --c1: #d55e00; --c2: #00855f; --c3: #b8578c; --c4: #a87400; --c5: #2f8fc4;
  --c6: #7d7a00; --c7: #444b52; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #121518; --card: #1a1e22; --ink: #e8e8e4; --soft: #a0a9b1; --line: #30363c;
    --grid: #262b30; --good: #4fd0a9; --watch: #edb757; --bad: #ff9184; --accent: #6ab7ee;
    --good-back: #16302a; --watch-back: #33291a; --bad-back: #3a1f1d;
    --c0: #4da6e8; --c1: #f08344; --c2: #2fc496; --c3: #e08fbd; --c4: #e8ae2c; --c5: #8fd0f5;
    --c6: #d8ce4a; --c7: #c3c9ce; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { font: clamp(15px, 12.5px + .22vw, 23px)/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Noto Sans", sans-serif; color-scheme: light dark; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 120rem; padding: 1.6rem clamp(.9rem, 3vw, 3rem) 3rem;
  background: var(--paper); color: var(--ink); overflow-wrap: break-word; }
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.015em; }
h2 { font-size: 1.2rem; line-height: 1.3; font-weight: 650; letter-spacing: -.005em; }
h3 { font-size: 1rem; line-height: 1.35; font-weight: 620; }
header p { color: var(--soft); margin-top: .25rem; max-width: 75ch; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .55rem 0 1.1rem;
  font-size: .9rem; }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 2.4rem; }
section { scroll-margin-top: 1rem; min-width: 0; }
.summary { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 62rem) {
  .summary:has(.health):has(.facts) { grid-template-columns: minmax(0, 9fr) minmax(0, 11fr); } }
.health, .tile, .chart, .gallery { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
.health { padding: 1rem 1.15rem; border-left: 4px solid var(--tone); }
.good { --tone: var(--good); --back: var(--good-back); }
.watch { --tone: var(--watch); --back: var(--watch-back); }
.bad { --tone: var(--bad); --back: var(--bad-back); }
.health h2 { display: flex; align-items: center; gap: .6rem; margin-bottom: .6rem; }
.light { flex: none; display: inline-grid; place-items: center; width: 1.5em; height: 1.5em;
  border-radius: 50%; background: var(--back); color: var(--tone); font-weight: 750;
  font-size: .8em; line-height: 1; border: 1.5px solid var(--tone); }
.health ul { list-style: none; display: grid; gap: .4rem; }
.health li { display: grid; grid-template-columns: auto 3.4em minmax(0, 1fr); gap: .55rem;
  align-items: baseline; font-size: .95rem; }
.word { color: var(--tone); font-weight: 600; }
.facts { display: grid; gap: .7rem; height: 100%; grid-auto-rows: 1fr;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 11.5rem), 1fr)); }
.tile { padding: .75rem .9rem; display: flex; flex-direction: column; }
.tile dt { color: var(--soft); font-size: .85rem; }
.tile dd { color: var(--soft); font-size: .82rem; line-height: 1.35; }
.tile .value { color: var(--ink); font-size: 1.5rem; line-height: 1.25; font-weight: 600;
  letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.bar { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between;
  gap: .3rem 1.5rem; margin-bottom: .7rem; }
.smoothing { display: flex; align-items: center; gap: .55rem; color: var(--soft);
  font-size: .88rem; min-width: 0; max-width: 100%; }
.smoothing input { width: 9rem; min-width: 3rem; flex: 0 1 auto; accent-color: var(--accent); }
.smoothing output { white-space: nowrap; font-variant-numeric: tabular-nums; }
.charts { display: grid; gap: 0 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 29rem), 1fr)); }
.chart { padding: .95rem 1.1rem .7rem; margin-bottom: 1rem; min-width: 0; position: relative;
  display: grid; grid-template-columns: minmax(0, 1fr);
  grid-row: span 6; grid-template-rows: subgrid; }  /* parts of neighbours stand in line */
.chart figcaption p, .gallery > p, .note { color: var(--soft); font-size: .88rem;
  max-width: 80ch; text-wrap: pretty; }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: .1rem .3rem;
  margin: .5rem 0 .1rem -.4rem; font-size: .87rem; font-variant-numeric: tabular-nums; }
.legend button { font: inherit; color: inherit; background: none; border: 0; border-radius: 6px;
  padding: .15rem .4rem; min-height: 1.75rem; cursor: pointer; display: inline-flex;
  align-items: center; gap: .4rem; text-align: left; }
.legend button:hover { background: var(--grid); }
.legend button[aria-pressed="false"] { color: var(--soft); text-decoration: line-through; }
.legend button[aria-pressed="false"] i { opacity: .3; }
.legend b { font-weight: 600; min-width: 3.4em; }
.legend i { width: .68em; height: .68em; background: var(--c); flex: none;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.at { margin-left: auto; font-variant-numeric: tabular-nums; }
.k0 i { border-radius: 50%; }
.k2 i { clip-path: polygon(50% 2%, 100% 96%, 0 96%); }
.k3 i { clip-path: polygon(50% 0, 100% 50%, 50% 100%, 0 50%); }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
.axis { display: flex; justify-content: space-between; gap: 1rem; font-size: .8rem;
  color: var(--soft); align-items: end; }
.log { white-space: nowrap; display: inline-flex; align-items: center; gap: .3rem; }
.log input { accent-color: var(--accent); margin: 0; }
.plot { display: block; width: 100%; height: clamp(190px, 15rem, 330px); touch-action: pan-y;
  cursor: crosshair; user-select: none; }
.plot text { font-size: .76rem; fill: var(--soft); font-variant-numeric: tabular-nums; }
.plot .grid { stroke: var(--grid); } .plot .base { stroke: var(--line); }
.plot .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: round; }
.plot .faint { stroke-width: 1; opacity: .2; }
.plot .mark { fill: var(--c); stroke: var(--card); stroke-width: 1.2; }
.plot .cross { stroke: var(--soft); stroke-dasharray: 3 3; }
.x-label { font-size: .8rem; color: var(--soft); text-align: right; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.numbers { font-size: .84rem; color: var(--soft); overflow-x: auto; }
.numbers table { border-collapse: collapse; width: 100%; margin-top: .3rem;
  font-variant-numeric: tabular-nums; }
.numbers th, .numbers td { text-align: right; padding: .2rem .35rem; font-weight: 400;
  border-bottom: 1px solid var(--grid); }
.numbers th:first-child { text-align: left; }
.numbers tbody { color: var(--ink); }
summary { cursor: pointer; width: fit-content; }
summary h2 { display: inline; }
#pictures > h2 { margin-bottom: .7rem; }
.gallery { padding: 1rem 1.1rem 1.1rem; margin-bottom: 1rem; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: flex-start; margin-top: .8rem; }
.row + .row { border-top: 1px solid var(--grid); padding-top: .8rem; }
.row figure { max-width: max(6rem, calc(100% / var(--count) - .8rem)); box-sizing: content-box; }
.row img { display: block; width: 100%; height: auto; border-radius: 4px;
  background: var(--grid); }
.row img.pixels { image-rendering: pixelated; border-radius: 1px; }
.row figcaption { overflow-wrap: anywhere;
  font-size: .8rem; line-height: 1.3; color: var(--soft); margin-top: .3rem;
  min-height: 1.3em; }
.query { padding-right: .6rem; border-right: 2px solid var(--line); }
.query img { outline: 2px solid var(--accent); outline-offset: 2px; }
.tag { color: var(--accent); font-weight: 650; }
.missing { aspect-ratio: 1; display: grid; place-items: center; font-size: .8rem;
  color: var(--soft); border: 1px dashed var(--line); border-radius: 4px; }
.prose { max-width: 75ch; margin-top: .3rem; white-space: pre-line; }
pre { font: .84rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: .9rem 1.1rem; margin: .6rem 0 0; overflow-x: auto; overflow-wrap: normal; }
footer { margin-top: 2.4rem; color: var(--soft); font-size: .82rem; }
@media (max-width: 26rem) {
  .facts { grid-template-columns: 1fr 1fr; } .tile { padding: .6rem .7rem; }
  .tile .value { font-size: 1.25rem; } .chart, .gallery { padding: .8rem .8rem .7rem; } }
@media print {
  html { font-size: 9.5pt; } :root { --paper: #fff; }
  body { max-width: none; padding: 0; }
  nav, .smoothing, .log, .numbers { display: none; }
  main { display: block; } main > * { margin-bottom: 1.2rem; }
  .charts { grid-template-columns: 1fr 1fr; } .plot { height: auto; }
  .row figure { max-width: 3.2cm; } .facts { grid-template-columns: repeat(4, 1fr); }
  .chart, .tile, .health, .row { break-inside: avoid; }
  h2, h3, .gallery > p { break-after: avoid; } pre { white-space: pre-wrap; } }
)css";
}

}  // namespace troodon::report

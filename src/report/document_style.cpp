#include "report/assets.hpp"

namespace troodon::report {

std::string_view document_style() {
  return R"css(
main > section > h2 { margin-bottom: .5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: .95rem 1.1rem 1.1rem; }
.note + .card, .card + .card { margin-top: 1rem; }
.funnel { list-style: none; margin: 0; display: grid; gap: .85rem; }
.step { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem;
  font-variant-numeric: tabular-nums; }
.step span, .evenness { color: var(--soft); font-size: .9rem; }
.track { display: flex; height: .8rem; background: var(--grid); border-radius: 4px;
  overflow: hidden; }
.funnel .track { height: 1.15rem; margin-top: .2rem; }
.track i, .reasons i, .pair i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.track i { flex: none; background: var(--c); }
.funnel .track i + i { min-width: 2px; border-left: 1px solid var(--card); }
.track .stay, .track .after, .pair .after { background: var(--c0); }
.track .before, .pair .before { background: var(--c7); opacity: .55; }
.reasons { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1rem; margin-top: .25rem;
  font-size: .85rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.reasons i { display: inline-block; width: .7em; height: .7em; border-radius: 2px;
  background: var(--c); margin-right: .4em; }
.reasons b { color: var(--ink); font-weight: 600; }
.remark { color: var(--watch); font-size: .88rem; margin-top: .2rem; }
.evenness { display: grid; gap: .25rem; margin: .7rem 0; max-width: 40rem; }
.evenness div { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr) 3.2rem; gap: .6rem;
  align-items: center; }
.evenness b { color: var(--ink); font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin-top: .5rem; }
.shares { border-collapse: collapse; width: 100%; font-size: .88rem;
  font-variant-numeric: tabular-nums; }
.shares th, .shares td { text-align: right; padding: .28rem .6rem; font-weight: 400;
  border-bottom: 1px solid var(--grid); white-space: nowrap; }
.shares thead th { color: var(--soft); font-size: .82rem; }
.shares th:first-child { text-align: left; padding-left: 0; white-space: normal;
  overflow-wrap: anywhere; min-width: 6rem; }
.shares th:nth-child(2), .shares td:nth-child(2) { text-align: left; }
.shares td.pair { width: 34%; min-width: 7rem; }
.shares td > span { display: inline-block; min-width: 4.2em; text-align: left; }
.shares .unknown { color: var(--soft); }
.shares small { color: var(--soft); font-size: inherit; display: inline-block; min-width: 4.2em; }
.pair i { display: block; height: .42rem; border-radius: 2px; }
.pair i + i { margin-top: 2px; }
.shares thead span::before { content: ""; display: inline-block; width: .7em; height: .7em;
  border-radius: 2px; margin-right: .35em; background: var(--c0); }
.shares thead .before::before { background: var(--c7); opacity: .55; }
.shares thead .before { margin-right: .7em; }
.over { color: var(--accent); font-weight: 600; } .under { color: var(--watch); font-weight: 600; }
.shelves { display: flex; flex-wrap: wrap; gap: .9rem; margin-top: .8rem; }
.shelf { min-width: 0; }
.shelf > p { font-size: .85rem; color: var(--soft); margin-bottom: .35rem; }
.shelf:has(figure + figure) { border: 1px solid var(--grid); border-radius: 8px;
  padding: .6rem .65rem; }
.shelf:only-child { border: 0; padding: 0; }
.shots { display: flex; flex-wrap: wrap; gap: .6rem; align-items: flex-start; }
.shots figure { max-width: 100%; }
.shots img { display: block; max-width: 100%; height: auto; border-radius: 4px;
  background: var(--grid); outline: 1px solid var(--line); }
.shots .missing { height: 112px; aspect-ratio: auto; padding: .4rem; overflow: hidden;
  text-align: center; overflow-wrap: anywhere; font-size: .72rem; line-height: 1.25;
  background: var(--grid); }
.shots figcaption { font-size: .76rem; line-height: 1.3; color: var(--soft); margin-top: .25rem; }
.shots .name { overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; overflow: hidden; }
.shots .said { display: block; color: var(--ink); overflow-wrap: anywhere; }
.stays .tag { color: var(--good); } .goes .tag { color: var(--bad); }
.stays img, .stays .missing { outline: 2px solid var(--good); outline-offset: 1px; }
.reference img, .reference .missing { outline: 2px solid var(--accent); outline-offset: 1px; }
@media (max-width: 26rem) { .card { padding: .8rem .8rem .85rem; } }
@media (max-width: 40rem) {  /* bars and ratios say what is left out */
  .shares small, .shares tr > :nth-child(6) { display: none; }
  .shares th, .shares td { padding: .28rem .3rem; } .shares thead th { white-space: normal; }
  .shares td.pair { min-width: 4rem; width: 25%; } .shares td > span { min-width: 0; }
  .shares thead span { display: block; } }
@media print { .card { break-inside: auto; } .shelf, .funnel li, tr { break-inside: avoid; } }
)css";
}

}  // namespace troodon::report

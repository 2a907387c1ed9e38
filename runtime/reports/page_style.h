// How a report looks, light and dark.
#pragma once

namespace weft {

inline constexpr const char* kPageStyle = R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #5b6470; --line: #d9dde3; --field: #f4f6f8;
  --peak: #c4290f; --bar: #b9cfe8; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e7eaee; --soft: #9aa4b0; --line: #333a43;
  --field: #1c2127; --peak: #ff7a5c; --bar: #33506f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 24px 20px 60px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 0 0 2px; } h2 { font-size: 19px; margin: 44px 0 8px; }
p { margin: 0 0 10px; } .lead, figcaption p, caption, .axis, dt { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(165px, 1fr)); gap: 10px; margin: 20px 0; }
dl div { background: var(--field); border: 1px solid var(--line); border-radius: 8px; padding: 9px 12px; }
dt { font-size: 13px; } dd { margin: 0; font-size: 19px; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 0; list-style: none; font-size: 13px; }
i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px; }
figure { margin: 0 0 18px; }
figcaption { display: flex; gap: 24px; justify-content: space-between; align-items: start; font-size: 13px; }
.zoom { border: 0; padding: 0; margin: 0; display: flex; flex: none; }
.zoom legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.zoom input { position: absolute; opacity: 0; }
.zoom span { display: block; padding: 2px 11px; border: 1px solid var(--line); margin-left: -1px; cursor: pointer; }
.zoom :checked + span { background: var(--ink); color: var(--paper); }
.zoom :focus-visible + span, .scroll:focus-visible { outline: 2px solid #3b82f6; outline-offset: 1px; }
.plot { display: flex; } .y { position: relative; flex: none; width: 74px; height: var(--height); margin-top: 20px; }
.y span { position: absolute; right: 8px; transform: translateY(-50%); }
.x span, .y span { font-size: 12px; color: var(--soft); white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll { flex: 1; min-width: 0; overflow-x: auto; }
figure:has([value="4"]:checked) .wide { width: 400%; } figure:has([value="16"]:checked) .wide { width: 1600%; }
.area { position: relative; margin-top: 20px; height: var(--height); }
svg { display: block; width: 100%; height: 100%; background: var(--field); border: 1px solid var(--line); }
.edge { stroke: var(--paper); stroke-width: 1; vector-effect: non-scaling-stroke; } rect:hover { opacity: .75; }
line { vector-effect: non-scaling-stroke; stroke: var(--line); pointer-events: none; }
line.grid { stroke-opacity: .55; } line.mark { stroke: var(--peak); stroke-width: 1.5; stroke-dasharray: 5 3; }
.critical { fill: var(--ink); pointer-events: none; }
.in { position: absolute; overflow: hidden; padding: 0 5px; font-size: 12px; color: #16191d; white-space: nowrap;
  text-overflow: ellipsis; display: flex; align-items: center; pointer-events: none; }
span.mark { position: absolute; bottom: 100%; font-size: 12px; color: var(--peak); white-space: nowrap; }
span.mark.left { transform: translateX(-100%); }
.x { position: relative; height: 20px; } .x span { position: absolute; transform: translateX(-50%); top: 2px; }
.x .first { transform: none; } .x .last { transform: translateX(-100%); }
.axis { font-size: 12px; margin: 0 0 0 74px; text-align: center; }
.tables { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 14px 0; font-size: 13.5px; }
table.narrow { width: auto; min-width: 420px; }
caption { text-align: left; padding-bottom: 5px; } thead th { border-bottom: 2px solid var(--line); }
th { text-align: left; font-weight: 600; } tbody th { font-weight: 500; }
td, th { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
tbody tr:hover { background: var(--field); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; position: relative; isolation: isolate; }
.n b { position: absolute; left: 0; top: 5px; bottom: 5px; background: var(--bar); border-radius: 2px; z-index: -1; }
td, th { overflow-wrap: anywhere; } .share { min-width: 110px; }
.c0 { fill: #7aa6d8; background: #7aa6d8; } .c1 { fill: #f5a65b; background: #f5a65b; }
.c2 { fill: #7cc47a; background: #7cc47a; } .c3 { fill: #c79ad1; background: #c79ad1; }
.c4 { fill: #f08a8a; background: #f08a8a; } .c5 { fill: #7fc9c4; background: #7fc9c4; }
.c6 { fill: #e8cf5a; background: #e8cf5a; } .c7 { fill: #c2a088; background: #c2a088; }
.c8 { fill: #b8bcc4; background: #b8bcc4; }
@media (max-width: 700px) { figcaption { display: block; } .zoom { margin: 4px 0; } body { padding: 16px 12px; } }
@media print { .zoom { display: none; } }
)css";

}  // namespace weft

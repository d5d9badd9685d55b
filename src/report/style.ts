/** The style sheet of the report's page: light and dark, on screen and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#faf9f6;--card:#fff;--ink:#1f1e1b;--soft:#69665f;--line:#e5e2da;--accent:#2860c5;--accent-soft:#dfe8f8;--limit:#c2410c;--live:#23804f;--canary:#b7790f;--shadow:#7c8094;--retired:#a8a6a0;--before:#c9c5ba;--on-stage:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#141417;--card:#1c1c21;--ink:#ededf1;--soft:#a2a1ab;--line:#303037;--accent:#84abff;--accent-soft:#26324b;--limit:#ff9468;--live:#5cc48d;--canary:#e3b556;--shadow:#9498ac;--retired:#5d5d66;--before:#54545e;--on-stage:#141417}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1000px;margin:0 auto;padding:44px 24px 72px}
.mark{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);font-weight:600}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:6px 0 8px}
h2{font-size:20px;letter-spacing:-.01em;margin:52px 0 4px}
h3{font-size:16px;margin:0}
p{margin:6px 0;max-width:72ch}
.soft,.facts{color:var(--soft)}
.facts{font-size:13.5px;max-width:none}
.note{border-left:3px solid var(--canary);padding:8px 14px;margin:18px 0;background:var(--card);border-radius:0 8px 8px 0;max-width:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(172px,1fr));gap:12px;margin:26px 0 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:12px}
.tile{padding:16px 18px}
.tile b{display:block;font-size:27px;line-height:1.15;letter-spacing:-.02em;font-weight:650;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px;display:block;margin-top:4px;line-height:1.4}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:16px;margin-top:16px}
.card{padding:18px 20px}
.card header{display:flex;gap:10px;align-items:baseline;justify-content:space-between}
.card p{font-size:13.5px}
.wide{margin-top:16px;overflow-x:auto}
.wide>svg{max-width:760px}
svg{display:block;width:100%;height:auto}
svg text{font:11.5px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
svg .row,svg .strong{fill:var(--ink)}
svg .row{font-size:12.5px}
svg .strong{font-weight:600}
.grid{stroke:var(--line);stroke-width:1}
.limit{stroke:var(--limit);stroke-width:1.5;stroke-dasharray:5 4}
svg .limit-label{fill:var(--limit);font-weight:600}
.curve{fill:none;stroke-width:2;stroke-linejoin:round}
.calibration{stroke:var(--shadow);stroke-width:1.5;opacity:.75}
.exam{stroke:var(--accent)}
.chosen{fill:var(--accent);stroke:var(--card);stroke-width:2}
.whisker{stroke:var(--accent);stroke-width:2;opacity:.45}
.before{fill:var(--before)}.after{fill:var(--accent)}
.stage.shadow{fill:var(--shadow)}.stage.canary{fill:var(--canary)}.stage.live{fill:var(--live)}.stage.retired{fill:var(--retired)}
svg .on-stage{fill:var(--on-stage);font-weight:600}
.key{display:flex;flex-wrap:wrap;gap:6px 20px;font-size:13px;color:var(--soft);margin:8px 0 0;padding:0;list-style:none}
.key i{display:inline-block;width:18px;height:3px;border-radius:2px;vertical-align:middle;margin-right:7px}
.key i.block{height:11px;width:11px;border-radius:3px}
.key i.dashed{height:0;background:none!important;border-top:2px dashed var(--limit);border-radius:0}
.badge{font-size:12px;font-weight:600;border-radius:99px;padding:2px 10px;white-space:nowrap;border:1px solid currentColor}
.badge.passed,.badge.live{color:var(--live)}.badge.refused,.badge.canary{color:var(--canary)}.badge.shadow,.badge.retired,.badge.none{color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{font-weight:500;color:var(--soft);text-align:left;white-space:nowrap;font-size:12.5px}
th,td{padding:8px 14px 8px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td:last-child,th:last-child{padding-right:0}
.n{text-align:right}.n,.nw{white-space:nowrap}
td.cell{text-align:right;min-width:64px;padding-right:12px}
td.hot{background:var(--accent-soft);font-weight:600}
details{margin-top:10px;font-size:13.5px}
summary{cursor:pointer;color:var(--soft)}
footer{margin-top:56px;color:var(--soft);font-size:13px;border-top:1px solid var(--line);padding-top:14px}
@media print{body{background:#fff}.card,.tile{break-inside:avoid}}
@media (max-width:560px){main{padding:28px 16px 48px}h1{font-size:25px}}
`;

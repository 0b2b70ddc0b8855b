"""How the report looks: on a desk, a phone and paper, in light and dark."""

STYLE = """
:root{color-scheme:light dark;--ground:#f4f6f9;--card:#fff;--ink:#1d2127;--soft:#555d68;
--line:#d5dbe3}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);line-height:1.5;
font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif}
main,header,footer{max-width:62rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem}h1{font-size:1.7rem;margin:0}h2{font-size:1.15rem;margin:0 0 .75rem}
header p,footer p{color:var(--soft);margin:.25rem 0}
.note{border-left:4px solid #0072b2;padding:.4rem .8rem;margin:1rem 0;background:var(--card)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem;
margin:1rem 0}
img{display:block;max-width:100%;height:auto;border-radius:8px}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:1rem;margin:0}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.3rem;font-weight:600}
.two{display:grid;grid-template-columns:minmax(0,30rem) minmax(0,1fr);gap:1.5rem}
.scroll{overflow:auto;max-height:24rem;margin-top:1rem}.two .scroll{margin-top:0}
table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .55rem;text-align:right;border-bottom:1px solid var(--line);
white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{position:sticky;top:0;background:var(--card);color:var(--soft);font-weight:600;
white-space:normal;vertical-align:bottom}
tbody th{font-weight:400}tfoot td,tfoot th{font-weight:600;border-bottom:0}
.dot{display:inline-block;width:.8em;height:.8em;border:1px solid var(--soft);border-radius:3px;
margin-right:.5em;vertical-align:-.05em}
footer{padding-bottom:2rem;font-size:.85rem}
@media (prefers-color-scheme:dark){:root{--ground:#101216;--card:#191c21;--ink:#eceff3;
--soft:#aab3be;--line:#343b45}}
@media (max-width:600px){.two{grid-template-columns:minmax(0,1fr)}main,header,footer{
padding-left:.6rem;padding-right:.6rem}section{padding:.75rem}}
@media print{:root{color-scheme:light;--ground:#fff;--card:#fff;--ink:#000;--soft:#444;
--line:#bbb}body{font-size:11pt}main,header,footer{max-width:none;padding:0}
section{border:0;padding:0;margin:1.2rem 0}figure,dl,tr{break-inside:avoid}h2{break-after:avoid}
.scroll{overflow:visible;max-height:none}thead th{position:static}table{font-size:8pt}
th,td{padding:.15rem .3rem}*{print-color-adjust:exact}}
figure{margin:0}
"""

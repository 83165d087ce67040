"""The look of HTML reports: follows the reader's light or dark scheme, prints well, needs no font."""

STYLE = """
:root { color-scheme: light dark; --bad: #c62828; --warn: #9a6700; --good: #1a7f37; --unknown: #8250df; }
@media (prefers-color-scheme: dark) {
  :root { --bad: #ff7b72; --warn: #d29922; --good: #3fb950; --unknown: #bc8cff; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.25rem; margin-top: 2.4rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
.made, .quiet { color: color-mix(in srgb, currentColor 62%, transparent); }
.bad { color: var(--bad); } .warn { color: var(--warn); }
.good { color: var(--good); } .unknown { color: var(--unknown); }
.word { font-weight: 600; white-space: nowrap; }
.bar { display: flex; gap: 2px; border-radius: 6px; overflow: hidden; }
.bar span { padding: .35rem .6rem; color: #fff; font-weight: 600; }
.bar span { white-space: nowrap; min-width: max-content; }
.bar .bad { background: #b3261e; } .bar .warn { background: #8a5a00; }
.bar .good { background: #1a6e33; } .bar .unknown { background: #6639ba; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; }
th, td { border-bottom: 1px solid #8884; }
details { border: 1px solid #8884; border-radius: 6px; padding: .5rem .8rem; margin: .5rem 0; }
summary { font-weight: 600; cursor: pointer; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .4rem 0; }
dt { color: color-mix(in srgb, currentColor 62%, transparent); } dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.1rem; columns: 20rem; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { details { break-inside: avoid; } body { max-width: none; } }
"""

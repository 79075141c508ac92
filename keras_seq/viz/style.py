"""The style of the HTML pictures: colours of both modes, rules that stay inside `.keras-seq`."""

from keras_seq.viz.colors import DARK, LIGHT, STEPS, Theme

__all__ = ["page_style", "style"]

RULES = """
.keras-seq { box-sizing: border-box; max-width: 46rem; margin: 0 auto; padding: 1rem;
   background: var(--paper); color: var(--text);
   font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC",
   "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
.keras-seq h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 1rem; overflow-wrap: anywhere; }
.keras-seq h2 { font-size: 1.1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
.keras-seq p { margin: .5rem 0; }
.keras-seq article { padding: 1.25rem 0; }
.keras-seq article + article { border-top: 1px solid var(--line); }
.keras-seq .text { font-size: 1.0625rem; line-height: 1.85; margin: .9rem 0; white-space: pre-wrap;
   overflow-wrap: anywhere; unicode-bidi: isolate; tab-size: 4; }
.keras-seq mark { background: none; color: inherit; border-radius: .2em; padding: .14em 0;
   -webkit-box-decoration-break: clone; box-decoration-break: clone; print-color-adjust: exact;
   -webkit-print-color-adjust: exact; forced-color-adjust: none; }
.keras-seq .span { padding: .14em .25em; }
.keras-seq .span small { font-size: .7em; color: var(--muted); white-space: nowrap; }
.keras-seq mark.picked { color: var(--text); border: 2px solid var(--text); padding: .05em .15em;
   font-weight: 650; }
.keras-seq mark:hover { outline: 1px solid var(--muted); }
.keras-seq mark:focus { outline: 2px solid var(--text); }
.keras-seq mark:focus::after { content: attr(title); position: fixed; left: 50%; bottom: 1rem;
   transform: translateX(-50%); max-width: 90vw; padding: .3rem .8rem; border-radius: .4rem;
   background: var(--text); color: var(--paper); font-size: 1rem; line-height: 1.5; z-index: 9; }
.keras-seq .bars { border-collapse: collapse; width: 100%; max-width: 36rem; margin: .25rem 0;
   border: 0; background: none; }
.keras-seq .bars tr { background: none; }
.keras-seq .bars th, .keras-seq .bars td { padding: .15rem 0; border: 0; font-weight: 400;
   text-align: left; color: var(--muted); vertical-align: middle; overflow-wrap: anywhere;
   background: none; }
.keras-seq .bars th { padding-right: .8rem; max-width: 16rem; }
.keras-seq .bars .chosen th, .keras-seq .bars .chosen td { font-weight: 650; color: var(--text); }
.keras-seq .track { width: 50%; }
.keras-seq .bar { height: .7rem; min-width: 1px; border-radius: .2rem; background: var(--muted);
   -webkit-print-color-adjust: exact; print-color-adjust: exact; forced-color-adjust: none; }
.keras-seq .bars .number { white-space: nowrap; padding-left: .8rem; text-align: right; }
.keras-seq .number { font-variant-numeric: tabular-nums; }
.keras-seq .tag { font-size: .75rem; font-weight: 400; color: var(--muted);
   border: 1px solid var(--line); border-radius: .6rem; padding: 0 .45rem; white-space: nowrap; }
.keras-seq .legend { display: flex; flex-wrap: wrap; align-items: center; gap: .15rem .6rem;
   font-size: .85rem; color: var(--muted); }
.keras-seq .scale { width: 7rem; height: .8rem; border: 1px solid var(--line); border-radius: .2rem;
   -webkit-print-color-adjust: exact; print-color-adjust: exact; forced-color-adjust: none;
   background: linear-gradient(to right, SCALE); }
.keras-seq .note { color: var(--muted); font-size: .85rem; }
.keras-seq .head { font-size: .85rem; color: var(--muted); margin: .8rem 0 .2rem; }
.keras-seq .map { overflow-x: auto; -webkit-print-color-adjust: exact; print-color-adjust: exact;
   forced-color-adjust: none; }
.keras-seq .map svg { display: block; }
.keras-seq .top { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: 0; padding: 0;
   list-style: none; }
.keras-seq .top li { margin: 0; max-width: 100%; overflow-wrap: anywhere; }
.keras-seq .top .number { color: var(--muted); font-size: .9em; }
"""


def style() -> str:
    """The style sheet of a fragment: light, and dark where the reader's system is."""
    shades = "\n".join(f".keras-seq .w{n} {{ background: var(--w{n}); }}" for n in range(1, STEPS + 1))
    scale = ", ".join(["var(--paper)"] + [f"var(--w{n})" for n in range(1, STEPS + 1)])
    return f"""
.keras-seq {{ color-scheme: light dark; {_colors(LIGHT)} }}
@media (prefers-color-scheme: dark) {{ .keras-seq {{ {_colors(DARK)} }} }}
{RULES.replace("SCALE", scale).strip()}
{shades}
"""


def page_style() -> str:
    """What a whole page has besides: its ground."""
    return f"""
body {{ margin: 0; background: {LIGHT.ramp(0)}; }}
@media (prefers-color-scheme: dark) {{ body {{ background: {DARK.ramp(0)}; }} }}"""


def _colors(theme: Theme) -> str:
    """The theme as CSS variables."""
    shades = " ".join(f"--w{n}: {theme.ramp(n / STEPS)};" for n in range(1, STEPS + 1))
    ground = f"--paper: {theme.ramp(0)}; --text: {theme.text}; --muted: {theme.muted}; --line: {theme.line};"
    return f"{ground} {shades}"

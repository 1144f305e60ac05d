"""The figures of the comparison are those of the results."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from large.report import summarise, tabulate
from large.results import read_results

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/which-tool.md").read_text(encoding="utf-8")


def test_the_table_is_what_its_command_prints() -> None:
    (path,) = re.findall(r"--report-only --out (\S+)", PAGE)
    rows = read_results(PROJECT / path)
    seconds = {
        row["method"]: float(found[1]) for row in rows if (found := re.search(r"_(\d+)s$", row["method"]))
    }
    printed = summarise(tabulate(rows), seconds)
    shown = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(shown) > 10
    for method, cells in shown:
        row = printed.loc[method]
        over = "" if pd.isna(row["of_budget"]) else f"{row['of_budget']:.1f}"
        expected = [
            f"{row['gain']:.2f}",
            f"{row['low']:.2f} to {row['high']:.2f}",
            f"{row['seconds']:.1f}",
            f"{100 * row['worse']:.0f} %",
            over,
        ]
        assert [cell.strip() for cell in cells.split("|")] == expected, method
    # The best first, and none left out that is better than Foretune's
    gains = [float(cells.split("|")[0]) for _, cells in shown]
    assert gains == sorted(gains, reverse=True)

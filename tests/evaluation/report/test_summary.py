from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest

from foretune.evaluation.report.summary import count, join_words, summarise
from foretune.evaluation.report.tables import EvaluationTables
from foretune.evaluation.statistics.claims import CLAIM_COLUMNS


def _claims(*rows: tuple[int, str, bool | None]) -> pd.DataFrame:
    table = pd.DataFrame(
        [
            {
                "task_type": "classification",
                "n_trials": n_trials,
                "claim": claim,
                "opponent": "greedy_portfolio",
                "wanted": "w",
                "found": f"f{n_trials}",
                "holds": holds,
            }
            for n_trials, claim, holds in rows
        ],
        columns=CLAIM_COLUMNS,
    )
    return table.astype({"holds": "boolean"})


MIXED = (
    (1, "lowest_mean", True),
    (5, "lowest_mean", True),
    (1, "below_portfolio", False),
    (5, "below_portfolio", True),
    (1, "shuffled_worse", False),
    (1, "beats_cold_tpe", None),
)


def test_it_says_what_was_evaluated(tables: EvaluationTables) -> None:
    section = summarise(tables.regret, tables.surrogate_quality, tables.claims, ["real"])
    text = section.explanation
    # One of the eight classification tasks is synthetic; two tasks of each type are one family
    assert "Evaluated on 7 classification tasks in 6 families and 7 regression tasks in 6 families." in text
    assert "5 methods chose among the configurations that are known for it (40 a task)" in text
    assert "Regret was read after 1, 5 and 20 trials" in text
    assert "2 seeds" in text
    assert "1 further task of another provenance than real is in the table of tasks" in text


def test_every_claim_has_its_verdict(tables: EvaluationTables) -> None:
    section = summarise(tables.regret, tables.surrogate_quality, _claims(*MIXED), ["real"])
    verdicts = {verdict.state: verdict.sentence for verdict in section.verdicts}
    assert verdicts["holds"].endswith("classification: holds after 1 and 5 trials.")
    assert verdicts["partly"].endswith("holds after 5 trials, does NOT hold after 1 (f1) trials.")
    assert verdicts["fails"].endswith("classification: does NOT hold after 1 (f1) trials.")
    assert verdicts["unknown"].endswith("classification: is not known (f1).")
    assert section.explanation.startswith(
        "The claims do not all hold: 3 of 6 checks do, 2 do not and 1 could not be made"
    )


def test_it_is_the_same_from_a_file(tables: EvaluationTables) -> None:
    claims = _claims(*MIXED)
    read = pd.read_csv(StringIO(claims.to_csv(index=False)))
    one, other = (
        summarise(tables.regret, tables.surrogate_quality, table, ["real"]) for table in (claims, read)
    )
    assert one.verdicts == other.verdicts
    assert one.explanation == other.explanation


@pytest.mark.parametrize(
    ("rows", "headline"),
    [
        (((1, "lowest_mean", True),), "Every claim holds, in all of its checks (1)."),
        (((1, "lowest_mean", False),), "The claims do not all hold: 0 of 1 checks do, 1 do not."),
        ((), "There is no task to claim anything on."),
    ],
)
def test_the_first_line_tells_the_result(
    tables: EvaluationTables, rows: tuple[tuple[int, str, bool | None], ...], headline: str
) -> None:
    section = summarise(tables.regret, tables.surrogate_quality, _claims(*rows), ["real"])
    assert section.explanation.split("\n\n")[0] == headline


def test_words() -> None:
    assert (count(1, "task"), count(1200, "task")) == ("1 task", "1,200 tasks")
    assert [join_words(words) for words in ([], [1], [1, 2], [1, 2, 3])] == ["", "1", "1 and 2", "1, 2 and 3"]

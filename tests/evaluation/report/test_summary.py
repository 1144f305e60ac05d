from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest

from foretune.evaluation.report.summary import describe_evaluation, show_promises
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
    text = describe_evaluation(tables.regret, tables.surrogate_quality, ["real"])
    # One of the eight classification tasks is synthetic; two tasks of each type are one family
    assert "Evaluated on 7 classification tasks in 6 families and 7 regression tasks in 6 families." in text
    assert "5 methods chose among the configurations that are known for it (40 a task)" in text
    assert "Regret was read after 1, 5 and 20 trials" in text
    assert "2 seeds" in text
    assert "1 further task of another provenance than real is in the table of tasks" in text


def test_every_claim_has_its_verdict() -> None:
    section = show_promises(_claims(*MIXED))
    verdicts = {verdict.state: verdict.sentence for verdict in section.verdicts}
    assert verdicts["holds"].endswith("classification: holds after 1 and 5 trials.")
    assert verdicts["partly"].endswith("holds after 5 trials, does NOT hold after 1 (f1) trials.")
    assert verdicts["fails"].endswith("classification: does NOT hold after 1 (f1) trials.")
    assert verdicts["unknown"].endswith("classification: is not known (f1).")
    assert section.explanation.split("\n\n")[-1].startswith(
        "The claims do not all hold: 3 of 6 checks do, 2 do not and 1 could not be made"
    )


def test_it_is_the_same_from_a_file() -> None:
    claims = _claims(*MIXED)
    read = pd.read_csv(StringIO(claims.to_csv(index=False)))
    one, other = (show_promises(table) for table in (claims, read))
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
def test_a_line_tells_the_result(rows: tuple[tuple[int, str, bool | None], ...], headline: str) -> None:
    assert show_promises(_claims(*rows)).explanation.split("\n\n")[-1] == headline


def test_nothing_evaluated_is_said(tables: EvaluationTables) -> None:
    text = describe_evaluation(tables.regret.head(0), tables.surrogate_quality.head(0), ["real"])
    assert text.startswith("Nothing was evaluated")

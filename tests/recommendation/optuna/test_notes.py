from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from foretune.recommendation.optuna import notes as study_notes
from foretune.recommendation.optuna.notes import given_values, is_shared, note_reader, write_note


@pytest.mark.quick("None")
@pytest.mark.parametrize("missing", [None, "STORAGE", "TRIAL_ID", "ATTRIBUTES"])
def test_a_note_reaches_other_workers(
    missing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        monkeypatch.setattr(study_notes, missing, "_no_such_name")
    url = f"sqlite:///{tmp_path / 'study.sqlite'}"
    study = optuna.create_study(study_name="shared", storage=url)
    study.set_user_attr("theirs", 1)
    for _ in range(2):
        study.ask()
    write_note(study, study.trials[0], "foretune:aim", {"depth": 3})
    write_note(study, study.trials[0], "foretune:failed", True)
    other = optuna.load_study(study_name="shared", storage=url)
    read = note_reader(other, other.trials[1])
    assert read(other.trials[0]) == {
        "foretune:aim": {"depth": 3},
        "foretune:failed": True,
    }
    assert not read(other.trials[1])


def test_enqueued_values_are_known_before_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    study = optuna.create_study()
    study.enqueue_trial({"x": 0.5, "y": 0.1})
    study.ask().suggest_float("x", 0.0, 1.0)
    assert given_values(study.trials[0]) == {"x": 0.5, "y": 0.1}
    monkeypatch.setattr(study_notes, "ATTRIBUTES", "_no_such_name")
    assert given_values(study.trials[0]) == {"x": 0.5}


def test_a_study_in_memory_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_shared(optuna.create_study())
    assert is_shared(optuna.create_study(storage=f"sqlite:///{tmp_path / 'study.sqlite'}"))
    monkeypatch.setattr(study_notes, "STORAGE", "_no_such_name")
    assert is_shared(optuna.create_study())

"""Notes on trials, shared by the workers of a study through its storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial

ReadNotes = Callable[[FrozenTrial], Mapping[str, Any]]

# Private names of Optuna, by which its own samplers read and write attributes of trials
STORAGE, TRIAL_ID = "_storage", "_trial_id"
ATTRIBUTES, FIXED = "system_attrs", "fixed_params"
# Study of which Hyperband shows the trials of one bracket
WHOLE = "_study"
# Values that PartialFixedSampler sets, whatever the sampler in it proposes
PARTIAL = "_fixed_params"
# Without them notes are attributes of the study
PREFIX = "foretune:trial"


def whole_study(study: Study) -> Study:
    """Return the study with all its trials; Hyperband passes one with those of a bracket."""
    whole: Study = getattr(study, WHOLE, study)
    return whole


def write_note(study: Study, trial: FrozenTrial, name: str, value: Any) -> None:
    """Write a note, a JSON value, on a running trial."""
    write = _writer(study, trial)
    if write is None:
        # Without it, nor the whole of a bracket, other workers are not told
        with suppress(AttributeError):
            study.set_user_attr(f"{PREFIX}:{trial.number}:{name}", value)
    else:
        write(name, value)


def note_reader(study: Study, trial: FrozenTrial) -> ReadNotes:
    """Return a reader of the notes, including Optuna's own, on any trial of the study of a running trial."""
    if _writer(study, trial) is not None:
        return own_notes
    kept: dict[str, dict[str, Any]] = {}
    for key, value in getattr(study, "user_attrs", {}).items():
        if key.startswith(f"{PREFIX}:"):
            number, name = key.removeprefix(f"{PREFIX}:").split(":", 1)
            kept.setdefault(number, {})[name] = value
    return lambda other: {**own_notes(other), **kept.get(str(other.number), {})}


def own_notes(trial: FrozenTrial) -> Mapping[str, Any]:
    """Return the notes that are stored in a trial."""
    notes: Mapping[str, Any] = getattr(trial, ATTRIBUTES, {})
    return notes


def given_values(trial: FrozenTrial, study: Study | None = None) -> dict[str, Any]:
    """Return the values that a trial has, or will have because it was enqueued with them.

    With the study of a running trial, also those that its sampler fixes.
    """
    partial = getattr(getattr(study, "sampler", None), PARTIAL, {})
    return {**partial, **own_notes(trial).get(FIXED, {}), **trial.params}


def is_shared(study: Study) -> bool:
    """Whether other processes may work on the study."""
    return not isinstance(getattr(study, STORAGE, None), optuna.storages.InMemoryStorage)


def _writer(study: Study, trial: FrozenTrial) -> Callable[[str, Any], None] | None:
    write = getattr(getattr(study, STORAGE, None), "set_trial_system_attr", None)
    trial_id = getattr(trial, TRIAL_ID, None)
    if write is None or trial_id is None or not hasattr(trial, ATTRIBUTES):
        return None
    return lambda name, value: write(trial_id, name, value)

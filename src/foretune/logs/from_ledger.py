"""Logs from a ledger: the trials of searches, of tuned Kedro projects and of the pipelines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from foretune.base import quoted
from foretune.learners import known_learners, with_rounds
from foretune.logs.errors import LogError
from foretune.logs.found_log import FoundLog, ScoreChoice
from foretune.logs.log_frame import EvaluatedTrial, make_log
from foretune.logs.score_slips import lower_is_better
from foretune.spaces import DEFAULT, LEARNER

if TYPE_CHECKING:
    from foretune.ledger import StoredTrial

LEDGER_TABLES = frozenset({"ledger_schema", "ledger_trials"})
# Length of the hash at the end of a task's name in searches
HASH_LENGTH = 12
# Scores on training parts are no scores unless they are asked for
TRAIN = "train_"


def read_ledger(
    url: str,
    choice: ScoreChoice,
    pattern: str = "*",
    on_read: Callable[[str], None] = lambda _: None,
) -> list[FoundLog]:
    """Read the trials of a ledger, such as that of ``MetaSearchCV(ledger="search.sqlite")``.

    Parameters
    ----------
    url
        ``sqlite:///file`` or ``postgresql://user:password@host/database``.
    choice
        Which of several metrics is the score. Those of a search are scores of scikit-learn, of which higher
        is better; of others the name says it.
    pattern
        Of the names of tasks.
    on_read
        Called with the name of each task that is read.

    Returns
    -------
    list of FoundLog
        One for each table and metric, and for each estimator of the user's own. Those of one table are a
        family. Trials of a share of the rows, and those that a race, a limit of time or a crash ended, have
        no score to compare and are left out.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.
    LogError
        If it has no complete trial of such a name, or the score is unclear.
    """
    # The extra of the ledger, which other sources do without
    from foretune.ledger import Ledger

    with Ledger.open(url, read_only=True) as ledger:
        groups = _group(trial for trial in ledger.rows() if trial.fidelity == 1)
        place = ledger.place
    found = []
    for group in groups:
        if fnmatchcase(group.name, pattern):
            on_read(group.name)
            found.append(_read_group(group, choice, place))
    if not found:
        what = f" that fits '{pattern}'; found: {quoted(one.name for one in groups)}" if groups else ""
        raise LogError(f"the ledger {place} has no complete trial{what}")
    return found


@dataclass(frozen=True)
class TrialGroup:
    """Trials whose scores compare.

    Attributes
    ----------
    name
        Name of the task.
    family
        Name of its table, which other groups and other ledgers may have, too.
    own
        Name of the user's own estimator or pipeline; empty for learners by name.
    is_search
        Whether they are of a search with scikit-learn.
    complete, failed, others
        Trials with a score, those that failed, and those that nothing can be said of.
    """

    name: str
    family: str
    own: str
    is_search: bool
    complete: Sequence[StoredTrial]
    failed: Sequence[StoredTrial]
    others: Sequence[StoredTrial]

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics that all have."""
        return sorted(set.intersection(*(set(one.trial.fold_metrics[0]) for one in self.complete)))


def _group(trials: Iterable[StoredTrial]) -> list[TrialGroup]:
    by_context: defaultdict[tuple[str, str, str, str], list[StoredTrial]] = defaultdict(list)
    for trial in trials:
        by_context[trial.task_id, trial.task_hash, _own_of(trial), trial.context or ""].append(trial)
    # Contexts differ by splits, too, and by early stopping, which library defaults are tried without
    by_scores: defaultdict[tuple[str, str, str, tuple[str, ...]], list[StoredTrial]] = defaultdict(list)
    for (task_id, task_hash, own, _), listed in by_context.items():
        measured = [set(one.trial.fold_metrics[0]) for one in listed if one.trial.status == "ok"]
        if measured:
            scores = tuple(sorted(set.intersection(*measured)))
            by_scores[task_id, task_hash, own, scores] += listed
    groups = []
    for (task_id, task_hash, own, scores), listed in by_scores.items():
        beside = [key for key in by_scores if key[:2] == (task_id, task_hash)]
        differing = [
            own if len({key[2] for key in beside}) > 1 else "",
            "+".join(scores) if len([key for key in beside if key[2] == own]) > 1 else "",
        ]
        groups.append(
            TrialGroup(
                " ".join([task_id, *filter(None, differing)]),
                task_id,
                own,
                task_id.endswith(f"-{task_hash[:HASH_LENGTH]}"),
                [one for one in listed if one.trial.status == "ok"],
                [one for one in listed if one.trial.status == "failed"],
                [one for one in listed if one.trial.status not in ("ok", "failed")],
            )
        )
    return sorted(groups, key=lambda group: group.name)


def _own_of(trial: StoredTrial) -> str:
    learner = trial.configuration.learner
    return "" if learner in known_learners() else learner


def _read_group(group: TrialGroup, choice: ScoreChoice, place: str) -> FoundLog:
    metrics = group.metrics
    wanted = choice.name_of(group.name)
    if wanted not in metrics:
        metrics = [name for name in metrics if not name.startswith(TRAIN)] or metrics
    if len(metrics) == 1:
        # A single one is the score, whatever it is called
        choice = replace(choice, score=metrics[0])
    if group.is_search:
        choice = replace(choice, minimize=False)
    elif choice.minimize is None and len(metrics) == 1:
        choice = replace(choice, minimize=_is_minimised(metrics[0]))
    metric, sign = choice.choose(group.name, metrics, f"the ledger {place}")
    listed = [*group.complete, *group.failed]
    log = make_log((_evaluated(one, metric, sign) for one in listed), group.name, None)
    if group.is_search or not group.own:
        log.insert(1, LEARNER, [_class_of(one.configuration.learner) for one in listed])
    if not group.own and any(one.configuration.strategy == DEFAULT for one in listed):
        log["is_default"] = [one.configuration.strategy == DEFAULT for one in listed]
    log["task_type"] = listed[0].task_type
    log["family"] = group.family
    return FoundLog(log, f"the ledger {place}", n_left_out=len(group.others))


def _is_minimised(metric: str) -> bool | None:
    """Whether lower is better by a part of a name such as ``metrics:test.r2``; None if none says it."""
    told = (lower_is_better(part) for part in reversed(re.split("[:.]", metric)))
    return next((one for one in told if one is not None), None)


def _evaluated(stored: StoredTrial, metric: str, sign: float) -> EvaluatedTrial:
    trial = stored.trial
    configuration = stored.configuration
    if trial.rounds is not None and configuration.learner in known_learners():
        configuration = with_rounds(configuration, trial.rounds.chosen)
    if trial.status == "failed":
        return EvaluatedTrial(configuration.params, np.nan, trial.fit_seconds, trial.error or trial.status)
    score = sign * float(np.mean([fold[metric] for fold in trial.fold_metrics]))
    return EvaluatedTrial(configuration.params, score, trial.fit_seconds)


def _class_of(learner: str) -> str:
    """Return a learner's name, or the last class of ``Pipeline(StandardScaler, SVC)``, which predicts."""
    return learner if learner in known_learners() else re.findall(r"\w+", learner)[-1]

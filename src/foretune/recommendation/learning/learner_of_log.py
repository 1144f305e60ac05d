"""Learners and hyperparameters behind the names of parameters in other people's logs."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from foretune.base import TASK_TYPES, counted, quoted
from foretune.learners import get_learner, known_learners
from foretune.logs import FoundLog, LogError
from foretune.recommendation.core import ALIASES, TECHNICAL, StudyNames, find_learner
from foretune.spaces import LEARNER, PARAM_PREFIX

logger = logging.getLogger(__name__)

# Parameters that choose the learner, by the last part of their name
LEARNER_PARAMETERS = frozenset(
    {"learner", "classifier", "regressor", "model", "estimator", "algorithm", "clf"}
)
# Settings of a trial that nothing can be learned about
SETTINGS = TECHNICAL | {"seed", "random_seed", "verbosity", "device", "num_threads"}
# A learner is told from the names of parameters only if it has this share of them
LEAST_SHARE = 0.5
OWN_LEARNER = "learner"


@dataclass(frozen=True)
class NamedLog:
    """A log with a column ``learner`` and with the hyperparameters of constructors as ``param_*``.

    Attributes
    ----------
    log, source
        The table, and where it comes from.
    ranges
        What the tool says of ranges, by learner and hyperparameter.
    sure
        Columns that are hyperparameters without doubt.
    used
        Those of the names that were given which the log has.
    """

    log: pd.DataFrame
    source: str
    ranges: Mapping[tuple[str, str], tuple[float, float, bool]]
    sure: frozenset[str]
    used: frozenset[str]


@cache
def hyperparameters_of(learner: str) -> frozenset[str]:
    """Return the names that the constructor of a learner's estimator takes; empty for an unknown learner."""
    if learner not in known_learners():
        return frozenset()
    names: set[str] = set(ALIASES.get(learner, {}).values())
    for task_type in TASK_TYPES:
        try:
            estimator = get_learner(learner).build({}, task_type, 0)
        except ImportError:
            # An extra that is not installed
            continue
        names |= set(get_learner(learner).library_default(task_type)) | set(estimator.get_params(deep=False))
        names |= {
            name
            for name, parameter in inspect.signature(type(estimator).__init__).parameters.items()
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        }
    # Some constructors take synonyms, too
    return frozenset(names - {"self"} - SETTINGS - ALIASES.get(learner, {}).keys())


def recognised_names(columns: Sequence[str], learner: str | None) -> frozenset[str]:
    """Return the columns that are hyperparameters of a learner, or of any if it is None."""
    learners = [learner] if learner is not None else known_learners()
    return frozenset(
        name
        for one in learners
        for name in columns
        if StudyNames({one: hyperparameters_of(one)}).find(name) is not None
    )


def name_parameters(found: FoundLog, learner: str | None, names: Mapping[str, str]) -> NamedLog:
    """Name the learners and hyperparameters of a log as their constructors do.

    Parameters
    ----------
    found
        The log.
    learner
        Name of its learner; None to tell it from the log: its column, the class of its estimator, a parameter
        that chooses one, or the names of the parameters, if one learner has the most of them.
    names
        Hyperparameters by the names of the log, where they are not recognised.

    Raises
    ------
    LogError
        If the learner cannot be told, it has no hyperparameter of a name that is given, or two parameters
        have one meaning.
    """
    log, chooser = _with_learners(found, learner)
    parts = [
        _name_part(part, found, str(one), names)
        for one, part in log.groupby(LEARNER, sort=True, dropna=False)
    ]
    columns = [part.log for part in parts]
    used = frozenset(name for part in parts for name in part.used)
    return NamedLog(
        columns[0] if len(columns) == 1 else pd.concat([one.astype(object) for one in columns]).sort_index(),
        found.source,
        {key: value for part in parts for key, value in part.ranges.items()},
        frozenset(name for part in parts for name in part.sure),
        used | ({chooser} & names.keys() if chooser else frozenset()),
    )


def _with_learners(found: FoundLog, learner: str | None) -> tuple[pd.DataFrame, str | None]:
    """Return a log with the column ``learner``, and the parameter that chose it, if one did."""
    log = found.log
    if learner is not None:
        return log.assign(**{LEARNER: _official(learner)}), None
    if LEARNER in log and log[LEARNER].notna().all():
        return log.assign(**{LEARNER: [_official(str(one)) for one in log[LEARNER]]}), None
    if found.learner is not None and (official := find_learner(found.learner, known_learners())):
        return log.assign(**{LEARNER: official}), None
    for column in _params(log):
        words = column.removeprefix(PARAM_PREFIX).replace(".", "_").replace("/", "_").split("_")
        if words[-1].lower() not in LEARNER_PARAMETERS:
            continue
        # The text of an estimator begins with its class
        texts = log[column].map(lambda value: str(value).partition("(")[0], na_action="ignore")
        named = {text: find_learner(text, known_learners()) for text in texts.dropna().unique()}
        if named and None not in named.values() and texts.notna().all():
            chosen = log.drop(columns=column).assign(**{LEARNER: texts.map(named)})
            return chosen, column.removeprefix(PARAM_PREFIX)
    return log.assign(**{LEARNER: _infer(found)}), None


def _official(learner: str) -> str:
    return find_learner(learner, known_learners()) or learner


def _params(log: pd.DataFrame) -> list[str]:
    return [name for name in map(str, log.columns) if name.startswith(PARAM_PREFIX)]


def _infer(found: FoundLog) -> str:
    """Return the learner that has the most of the parameters that vary."""
    columns = [name for name in _params(found.log) if name.removeprefix(PARAM_PREFIX) not in SETTINGS]
    varying = [name for name in columns if _varies(found.log[name])] or columns
    own = [name.removeprefix(PARAM_PREFIX) for name in varying]
    known = {one: recognised_names(own, one) for one in known_learners()}
    most = max(map(len, known.values()))
    if not most:
        return OWN_LEARNER
    having = [one for one, recognised in known.items() if len(recognised) == most]
    # The names of its constructor come before synonyms
    proper = {one: _count_proper(own, hyperparameters_of(one)) for one in having}
    best = [one for one in having if proper[one] == max(proper.values())]
    if len(best) == 1 and most >= LEAST_SHARE * len(own):
        logger.info("%s: its parameters are those of %s", found.source, best[0])
        return best[0]
    which = f"may be of {quoted(best)}" if len(best) > 1 else f"are those of {best[0]} in part only"
    raise LogError(
        f"{found.source}: which learner is it? The parameters {quoted(own)} {which}: say it (learner=, "
        f"--learner), by any name if it is none of these"
    )


def _count_proper(own: Sequence[str], known: frozenset[str]) -> int:
    return sum(
        any(name == one or name.endswith(("__" + one, "." + one, "/" + one)) for one in known) for name in own
    )


def _name_part(log: pd.DataFrame, found: FoundLog, learner: str, names: Mapping[str, str]) -> NamedLog:
    """Rename the hyperparameters of one learner, and leave out what is none."""
    known = hyperparameters_of(learner)
    reader = StudyNames({learner: known})
    meant: dict[str, str] = {}
    used: set[str] = set()
    left_out: list[str] = []
    for column in _params(log):
        own = column.removeprefix(PARAM_PREFIX)
        if not log[column].notna().any():
            continue
        name, by = _meaning(own, found.prefix, reader, known, names, learner)
        if by is not None:
            used.add(by)
        if name is None:
            left_out.append(own)
        else:
            meant[column] = PARAM_PREFIX + name
    if varying := [own for own in left_out if own not in SETTINGS and _varies(log[PARAM_PREFIX + own])]:
        logger.warning(
            "%s: %s of %s %s no hyperparameter of it and left out: %s; `names` says what they are",
            found.source,
            counted(len(varying), "parameter"),
            learner,
            "is" if len(varying) == 1 else "are",
            quoted(varying),
        )
    _check_single(meant, log, found.source)
    kept = [name for name in log.columns if not str(name).startswith(PARAM_PREFIX) or name in meant]
    renamed = _joined(log[kept].rename(columns=meant))
    ranges = {
        (learner, meant[PARAM_PREFIX + own].removeprefix(PARAM_PREFIX)): ends
        for own, ends in found.ranges.items()
        if PARAM_PREFIX + own in meant
    }
    sure = frozenset(meant.values()) if known or found.parameters_are_sure else frozenset()
    return NamedLog(renamed, found.source, ranges, sure, frozenset(used))


def _meaning(
    own: str,
    prefix: str,
    reader: StudyNames,
    known: frozenset[str],
    names: Mapping[str, str],
    learner: str,
) -> tuple[str | None, str | None]:
    """Return the hyperparameter of a parameter, None if it is none, and the given name that said it."""
    rest = own.removeprefix(prefix)
    readings = list(dict.fromkeys([own, rest, *reader.readings(rest)]))
    for reading in readings:
        if reading in names:
            whose, is_prefixed, name = names[reading].partition("__")
            name = name if is_prefixed and _official(whose) == learner else names[reading]
            if known and name not in known:
                place = reader.find(name)
                # It may be of another learner
                return (place.name, reading) if place else (None, reading)
            return name, reading
    if not known:
        return (None if own in SETTINGS else readings[-1]), None
    if rest != own and rest in known:
        return rest, None
    if prefix and rest == own:
        return None, None
    place = reader.find(rest)
    return (None if place is None else place.name), None


def _varies(cells: pd.Series) -> bool:
    return len(cells.astype(str).unique()) > 1


def _check_single(meant: Mapping[str, str], log: pd.DataFrame, source: str) -> None:
    """Check that no trial sets one hyperparameter twice, by two names."""
    for name in set(meant.values()):
        columns = [column for column, other in meant.items() if other == name]
        if len(columns) > 1 and (log[columns].notna().sum(axis=1) > 1).any():
            own = [column.removeprefix(PARAM_PREFIX) for column in columns]
            raise LogError(
                f"{source}: {quoted(own)} are all {name.removeprefix(PARAM_PREFIX)}: say by `names` what the "
                "others are"
            )


def _joined(log: pd.DataFrame) -> pd.DataFrame:
    """Join columns of one name, of which each row has one."""
    if not log.columns.has_duplicates:
        return log
    joined = {
        name: part.iloc[:, 0] if part.shape[1] == 1 else part.astype(object).bfill(axis=1).iloc[:, 0]
        for name in dict.fromkeys(log.columns)
        for part in [log.loc[:, [name]]]
    }
    return pd.DataFrame(joined, index=log.index)


def without_constants(logs: Sequence[NamedLog]) -> list[NamedLog]:
    """Leave out what is the same in all trials of each task, of learners whose constructor is not known."""
    tables = [one.log for one in logs]
    dropped = []
    for column in sorted({name for log in tables for name in _params(log)}):
        having = [log for log in tables if column in log]
        learners = {str(one) for log in having for one in log.loc[log[column].notna(), LEARNER].unique()}
        if any(hyperparameters_of(one) for one in learners):
            continue
        if all(
            log[column].astype(str).groupby(log["task_id"].astype(str)).nunique().max() <= 1 for log in having
        ):
            dropped.append(column)
    return [
        replace(one, log=one.log.drop(columns=[name for name in dropped if name in one.log])) for one in logs
    ]

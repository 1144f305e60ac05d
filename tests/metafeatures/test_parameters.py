from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from foretune.metafeatures import MetafeatureExtractor, MetafeatureParameters
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.groups import BUILTIN_GROUPS
from foretune.metafeatures.parameters import GROUP_NAMES


def test_importing_parameters_is_light() -> None:
    code = (
        "import sys, foretune.metafeatures.parameters; "
        "print([m for m in ('pandas', 'numpy', 'sklearn', 'scipy', 'joblib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_group_names_are_those_of_the_package() -> None:
    assert tuple(group.name for group in BUILTIN_GROUPS) == GROUP_NAMES


def test_parameters_are_the_arguments_of_the_extractor() -> None:
    parameters = MetafeatureParameters()
    signature = inspect.signature(MetafeatureExtractor)
    assert set(signature.parameters) == {*MetafeatureParameters.model_fields, "random_state"}
    defaults = {name: p.default for name, p in signature.parameters.items()}
    assert defaults == {**parameters.model_dump(), "groups": None, "caps": None, "random_state": 0}
    extractor = MetafeatureExtractor(**parameters.model_dump(exclude_unset=True), random_state=3)
    assert extractor.random_state == 3
    assert tuple(group.name for group in extractor.groups) == GROUP_NAMES


def test_a_cap_changes_only_what_it_says() -> None:
    default = Caps(max_rows=500, max_columns=None, max_seconds=3)
    assert default.overridden_by(Caps(max_columns=7)) == Caps(max_rows=500, max_columns=7, max_seconds=3)
    assert default.overridden_by(Caps(max_rows=None)).max_rows is None


def test_the_configuration_shows_the_defaults() -> None:
    path = Path(__file__).parents[2] / "conf/base/parameters_metafeatures.yml"
    raw = yaml.safe_load(path.read_text())["metafeatures"]
    written = MetafeatureExtractor(**MetafeatureParameters(**raw).model_dump(exclude_unset=True))
    assert written.settings() == MetafeatureExtractor().settings()


@pytest.mark.parametrize(
    "bad",
    [
        {"groups": ["simple", "simple"]},
        {"groups": ["astrological"]},
        {"groups": []},
        {"caps": {"landmarking": {"max_rows": 0}}},
        {"caps": {"landmarking": {"max_row": 100}}},
        {"caps": {"astrological": {"max_rows": 100}}},
        {"caps": {"landmarking": {"max_seconds": 0}}},
        {"n_folds": 1},
        {"max_row": 100},
    ],
)
def test_wrong_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MetafeatureParameters.model_validate(bad)

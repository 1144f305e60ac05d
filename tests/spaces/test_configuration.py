from __future__ import annotations

from foretune.spaces.configuration import Configuration


def test_id_does_not_depend_on_order_or_strategy() -> None:
    one = Configuration("svm", {"C": 1.0, "kernel": "rbf"}, "sobol")
    other = Configuration("svm", {"kernel": "rbf", "C": 1.0}, "default")
    assert one.config_id == other.config_id


def test_id_tells_learner_and_values_apart() -> None:
    ids = {
        Configuration("svm", {"C": 1.0}).config_id,
        Configuration("linear", {"C": 1.0}).config_id,
        Configuration("svm", {"C": 2.0}).config_id,
        Configuration("svm", {"C": 1.0, "class_weight": None}).config_id,
    }
    assert len(ids) == 4


def test_id_is_the_same_on_every_machine() -> None:
    assert Configuration("linear", {"C": 1.0}).config_id == "3f4ba4a0738d1646"

from __future__ import annotations

from dataclasses import replace

from foretune.hpo.configuration import Configuration
from foretune.hpo.ledger.key import Setting, trial_key
from foretune.hpo.parameters import HpoParameters

SETTING = Setting("hash", "classification", 3, 11, '{"max_categories": 20}', 7)
CONFIGURATION = Configuration("linear", {"C": 1.0, "class_weight": None}, "sobol")


def test_everything_that_could_change_a_number_changes_the_key() -> None:
    keys = {
        trial_key(SETTING, CONFIGURATION),
        trial_key(replace(SETTING, task_hash="other"), CONFIGURATION),
        trial_key(replace(SETTING, task_type="regression"), CONFIGURATION),
        trial_key(replace(SETTING, n_folds=5), CONFIGURATION),
        trial_key(replace(SETTING, fold_seed=12), CONFIGURATION),
        trial_key(replace(SETTING, preprocessing="{}"), CONFIGURATION),
        trial_key(replace(SETTING, learner_seed=8), CONFIGURATION),
        trial_key(SETTING, Configuration("svm", CONFIGURATION.params)),
        trial_key(SETTING, Configuration("linear", {"C": 1.0})),
    }
    assert len(keys) == 9


def test_order_and_origin_do_not() -> None:
    same = Configuration("linear", {"class_weight": None, "C": 1.0}, "default")
    assert trial_key(SETTING, same) == trial_key(SETTING, CONFIGURATION)


def test_the_choice_of_the_score_does_not(hpo_parameters: HpoParameters) -> None:
    raw = hpo_parameters.model_dump()
    raw["score"] = {"classification": "log_loss", "regression": "mae"}
    settings = [
        Setting.of("hash", "classification", parameters, 1, 2)
        for parameters in (hpo_parameters, HpoParameters(**raw))
    ]
    assert settings[0] == settings[1]


def test_it_is_the_same_on_every_machine() -> None:
    assert (
        trial_key(SETTING, CONFIGURATION)
        == "0d43f066551b3a7bd3204f7ecd65cc411fcd316c22d7b160f1f70e6f6531f4e5"
    )

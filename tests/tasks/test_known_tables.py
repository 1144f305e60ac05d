import csv
import re
from importlib import resources
from typing import get_args

import pytest

from foretune.tasks.catalogue import load_catalogue
from foretune.tasks.known_tables import known_leaks, table_family, table_provenance
from foretune.tasks.names import TASK_ID_PATTERN, Provenance


@pytest.mark.parametrize(
    ("name", "family"),
    [
        # Of the catalogue, by the name of a task or of a family
        ("iris", "iris"),
        ("Glass", "glass"),
        ("kr-vs-k", "kr_vs_k"),
        ("ecoli", "protein_localisation"),
        ("QSAR_fish_toxicity", "qsar_tox"),
        # The same rows under another name
        ("adult", "adult_census"),
        ("adult-census", "adult_census"),
        ("credit-g", "credit"),
        ("Australian", "credit"),
        ("diabetes", "pima"),
        ("breast-w", "breast_wisconsin"),
        ("cmc", "contraceptive"),
        ("cpu_act", "compactiv"),
        ("sylvine", "covertype"),
        ("ann_thyroid", "thyroid"),
        ("dna", "splice"),
        ("KDDCup99", "kddcup"),
        ("kddcup", "kddcup"),
        ("KDDCup09_appetency", "kddcup09"),
        ("mfeat-factors", "mfeat"),
        ("mfeat_zernike", "mfeat"),
        ("pc4", "nasa_mdp"),
        ("churn", "mlc_churn"),
        ("1027_ESL", "esl"),
        ("588_fri_c4_1000_100", "friedman_mixture"),
        ("207_autoPrice", "automobile"),
        # Nobody knows it: its name, without its version
        ("wind", "wind"),
        ("Moneyball", "moneyball"),
        ("colleges_v2", "colleges"),
        ("Some Table (3)", "some_table_3"),
        ("!?", "table"),
    ],
)
def test_families(name: str, family: str) -> None:
    assert table_family(name) == family


def test_provenance() -> None:
    provenances = {name: table_provenance(name) for name in ("mv", "fried", "led24", "connect_4", "wind")}
    assert provenances == {
        "mv": "simulated",
        "fried": "simulated",
        "led24": "simulated",
        "connect_4": "rule-derived",
        "wind": "real",
    }


def test_columns_that_leak() -> None:
    assert known_leaks("clean2") == ("molecule_name", "conformation_name")
    assert known_leaks("Bike_Sharing_Demand") == ("casual", "registered")
    assert known_leaks("iris") == known_leaks("wind") == ()


def test_the_list_is_well_formed_and_its_families_are_those_of_the_catalogue() -> None:
    path = resources.files("foretune.tasks").joinpath("known_tables.csv")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names)
    assert names == sorted(names)
    assert all(re.fullmatch(r"[a-z0-9_]+\*?", name) for name in names)
    assert {row["provenance"] for row in rows} <= set(get_args(Provenance))
    families = {row["family"] for row in rows}
    assert all(re.match(TASK_ID_PATTERN, family) for family in families)
    # Families that are not in the catalogue must not be the name of a task that has another one
    catalogue = load_catalogue().set_index("task_id")["family"]
    strange = {family for family in families if catalogue.get(family, family) != family}
    assert strange == set()

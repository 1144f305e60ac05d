from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.spaces.candidate_tree import Branch, CandidateTree, Leaf
from foretune.spaces.encoding import ConfigurationEncoder

CONFIGURATIONS = pd.DataFrame(
    [
        {"learner": "svm", "param_C": 1.0, "param_kernel": "linear"},
        {"learner": "svm", "param_C": 10.0, "param_kernel": "rbf", "param_gamma": 0.1},
        {"learner": "svm", "param_C": 100.0, "param_kernel": "rbf", "param_gamma": 0.2},
        {"learner": "forest", "param_n_trees": 10.0, "param_depth": 3.0},
        {"learner": "forest", "param_n_trees": 20.0, "param_depth": 3.0},
        {"learner": "forest", "param_n_trees": 30.0},
    ]
)


def _tree(raw: pd.DataFrame) -> CandidateTree:
    return CandidateTree(ConfigurationEncoder.from_trials(raw).encode(raw))


def _leaf(tree: CandidateTree, *choices: str) -> Leaf:
    remaining = list(choices)
    leaf = tree.descend(lambda branch: remaining.pop(0))
    assert not remaining
    return leaf


def test_conditions_are_read_off_the_candidates() -> None:
    tree = _tree(CONFIGURATIONS)
    assert isinstance(tree.root, Branch)
    assert tree.root.name == "learner forest | svm"
    rbf = _leaf(tree, "svm", "rbf")
    assert rbf.rows.tolist() == [1, 2]
    assert rbf.numbers == ("C", "gamma")
    np.testing.assert_allclose(rbf.values, [[0.5, 0], [1, 1]])
    linear = _leaf(tree, "svm", "linear")
    assert (linear.rows.tolist(), linear.numbers) == ([0], ("C",))
    # Depth 3 is the only depth: a number with one value is nothing to choose, being active is
    with_depth = _leaf(tree, "forest", "active")
    assert (with_depth.rows.tolist(), with_depth.numbers) == ([3, 4], ("n_trees",))
    assert _leaf(tree, "forest", "inactive").rows.tolist() == [5]


def test_a_pool_of_one_is_a_leaf() -> None:
    tree = _tree(CONFIGURATIONS.head(1))
    assert isinstance(tree.root, Leaf)
    assert tree.root.rows.tolist() == [0]
    assert tree.root.values.shape == (1, 0)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "learner": st.sampled_from("ab"),
                "param_kind": st.sampled_from(["x", "y", None]),
                "param_size": st.sampled_from([1.0, 2.0, None]),
            }
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_candidate_is_in_the_one_leaf_that_its_own_values_lead_to(
    configurations: list[dict[str, object]],
) -> None:
    tree = _tree(pd.DataFrame(configurations).dropna(axis="columns", how="all"))
    paths = tree.paths()
    assert sorted(row for _, leaf in paths for row in leaf.rows) == list(range(len(configurations)))
    for path, leaf in paths:
        choices = {branch.name.split(" ")[0]: choice for branch, choice in path}
        for row in leaf.rows:
            assert choices.get("learner", configurations[row]["learner"]) == configurations[row]["learner"]
        assert {configurations[row]["param_kind"] for row in leaf.rows} == {
            configurations[leaf.rows[0]]["param_kind"]
        }
        assert np.isfinite(leaf.values).all()

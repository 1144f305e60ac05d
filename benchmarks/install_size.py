"""Benchmark of an installation: packages and megabytes that ``pip install`` of the wheel brings.

Builds the wheel from what git tracks, installs it into a bare environment, runs a search there, and prints
how many packages came beside Foretune itself and what all take on disk, compiled. Ends with an error above
the limits.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[1]
MOST_PACKAGES, MOST_MB = 55, 600
# As in README, on a smaller search
PROGRAM = """
from foretune import MetaSearchCV
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
pipe = make_pipeline(SimpleImputer(), LGBMClassifier(verbosity=-1))
search = MetaSearchCV(pipe, n_trials=1, scoring="roc_auc", random_state=0).fit(X, y)
print(f"a search of one trial: ROC AUC {search.best_score_:.3f}")
"""


class Installed(NamedTuple):
    """What an installation has brought: size in MB by package, and that of the wheel's own package."""

    packages: dict[str, float]
    own: float


def copy_sources(folder: Path) -> Path:
    """Copy what git tracks, or would track, so that building leaves nothing behind."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    return folder


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the project in a folder."""
    source = copy_sources(folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", folder, source], check=True)
    return next(folder.glob("foretune-*.whl"))


def install(requirement: str, folder: Path, python: str) -> tuple[Path, Installed]:
    """Install into a new environment with pip; return its Python and what is there beside pip itself."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    there = folder / "bin/python"
    before = set(measure(there))
    subprocess.run([there, "-m", "pip", "install", "--quiet", requirement], check=True)
    brought = {name: size for name, size in measure(there).items() if name not in before}
    own = brought.pop("foretune")
    return there, Installed(brought, own)


def measure(python: Path) -> dict[str, float]:
    """Return the megabytes of each package of an environment."""
    program = (
        "import json; from importlib.metadata import distributions\n"
        "def size(one):\n"
        "    return sum(p.stat().st_size for f in one.files or () if (p := one.locate_file(f)).is_file())\n"
        "print(json.dumps({one.name.lower().replace('_', '-'): size(one) / 1e6 for one in distributions()}))"
    )
    done = subprocess.run([python, "-I", "-c", program], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print what an installation brings, and fail above the limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="Python that the environment is made with")
    parser.add_argument("--extras", default="", help="extras to install, such as report,ledger")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        requirement = f"{wheel}[{options.extras}]" if options.extras else str(wheel)
        python, installed = install(requirement, folder / "environment", options.python)
        for package, size in sorted(installed.packages.items(), key=lambda one: -one[1])[:10]:
            print(f"{package:24} {size:6.1f} MB")
        total = sum(installed.packages.values()) + installed.own
        print(f"foretune itself          {installed.own:6.1f} MB (wheel {wheel.stat().st_size / 1e6:.1f} MB)")
        print(f"{len(installed.packages)} packages beside foretune, {total:.0f} MB in all")
        subprocess.run([python, "-I", "-c", PROGRAM], cwd=folder, check=True)
    if not options.extras and (len(installed.packages) > MOST_PACKAGES or total > MOST_MB):
        sys.exit(f"more than {MOST_PACKAGES} packages or {MOST_MB} MB")


if __name__ == "__main__":
    main()

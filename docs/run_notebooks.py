"""Run the notebooks for the gallery of the site: ``make gallery``, then ``make docs``.

What has been run before is left alone until the notebook changes; names of notebooks run these again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from hooks.pages import EXECUTED, ROOT, executed_like

# Of the tools that draw progress, about the program that shows the notebook
SILENT = "ignore:IProgress not found"
NOTEBOOKS = ROOT / "notebooks"
# Notebooks that read them have nothing to show without
RESULTS = ROOT / "data/06_models/surrogates"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run each notebook in its folder, and keep it with its results in ``build/notebooks``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="notebooks to run again, such as optuna; all others are left out"
    )
    names = parser.parse_args(arguments).names
    known = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    if unknown := set(names) - set(known):
        parser.error(f"no notebook {', '.join(sorted(unknown))}: there are {', '.join(known)}")
    failed = [
        path for path in known.values() if (not names or path.stem in names) and not _run(path, bool(names))
    ]
    return len(failed)


def _run(path: Path, again: bool) -> bool:
    notebook = nbformat.read(path, as_version=4)
    target = EXECUTED / path.name
    if not again and executed_like(notebook, target):
        print(f"{path.name}: is there")
        return True
    if not RESULTS.is_dir() and any("../data" in cell.source for cell in notebook.cells):
        print(f"{path.name}: left out, as it reads the results of `make run`")
        return True
    start = time.monotonic()
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": NOTEBOOKS}})
    try:
        client.execute(env={**os.environ, "PYTHONWARNINGS": SILENT})
    except CellExecutionError as error:
        print(f"{path.name}: {error.ename}: {error.evalue}", file=sys.stderr)
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    print(f"{path.name}: {time.monotonic() - start:.0f} s")
    return True


if __name__ == "__main__":
    sys.exit(main())

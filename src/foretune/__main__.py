"""Runs Foretune as ``python -m foretune`` or ``foretune``.

``foretune ledger ...`` looks after the ledger, ``foretune reference ...`` after the memory that
ships; all other options are those of ``kedro run``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def main(*args: Any, **kwargs: Any) -> Any:
    """Run the project, or look after its ledger, from the folder that holds ``conf`` and ``data``."""
    given = list(args[0]) if args else sys.argv[1:]
    if given[:1] == ["ledger"]:
        from foretune.commands.ledger import ledger

        return ledger(given[1:], prog_name="foretune ledger", **kwargs)
    if given[:1] == ["reference"]:
        from foretune.commands.reference import reference

        return reference(given[1:], prog_name="foretune reference", **kwargs)
    from kedro.framework.cli.utils import find_run_command
    from kedro.framework.project import configure_project

    package_name = Path(__file__).parent.name
    configure_project(package_name)
    # A notebook must not be ended by the command's exit
    kwargs["standalone_mode"] = not hasattr(sys, "ps1")
    return find_run_command(package_name)(*args, **kwargs)


if __name__ == "__main__":
    main()

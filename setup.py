"""Puts the configuration of the pipelines into the wheel; everything else is in pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfiguration(build_py):
    """Copies ``conf/base`` to where :mod:`foretune.project` looks for it in other projects."""

    def run(self) -> None:
        """Build the package, then add the files."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "foretune", "project", "conf")
            shutil.copytree("conf/base", target, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithConfiguration})

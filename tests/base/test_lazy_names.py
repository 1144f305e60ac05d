from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

PACKAGES = ["", ".meta_model.imports", ".metafeatures", ".recommendation", ".tasks"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_found(package: str) -> None:
    module = import_module(f"foretune{package}")
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match=f"module 'foretune{package}' has no attribute 'nothing'"):
        _ = module.nothing


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_heavy_is_imported_before_a_name_is_used(package: str) -> None:
    code = f"import sys, foretune{package}; assert not {{'pandas', 'sklearn', 'xgboost'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

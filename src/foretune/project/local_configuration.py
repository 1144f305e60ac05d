"""Configuration of ``conf/local`` in every environment, over the environment's own."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.config import AbstractConfigLoader, OmegaConfigLoader

LOCAL = "local"
KINDS = ("catalog", "parameters", "credentials")


def read_local_configuration(loader: AbstractConfigLoader) -> None:
    """Add the files of ``conf/local`` to a configuration loader of another environment.

    Kedro reads ``conf/local`` only where no environment is given. What is set there is about the machine and
    its user, such as the ledger's database, and holds wherever they run something.

    Parameters
    ----------
    loader
        Loader of the run; its catalog, parameters and credentials change in place.
    """
    for kind in KINDS:
        local = read_kind(_loader_of_local(loader), kind)
        if local:
            known = read_kind(loader, kind)
            loader[kind] = _merge(known, local) if kind == "parameters" else {**known, **local}


def _loader_of_local(loader: AbstractConfigLoader) -> OmegaConfigLoader:
    from kedro.config import OmegaConfigLoader

    return OmegaConfigLoader(
        loader.conf_source, env=LOCAL, base_env=LOCAL, runtime_params=loader.runtime_params
    )


def read_kind(loader: MutableMapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the parameters, catalog or credentials of a loader; nothing if it has no file of them."""
    from kedro.config import MissingConfigException

    try:
        return dict(loader[kind])
    except MissingConfigException:
        return {}


def _merge(known: dict[str, Any], local: dict[str, Any]) -> dict[str, Any]:
    """Merge parameters at any depth; those of the command line are in both."""
    from omegaconf import OmegaConf

    merged = OmegaConf.to_container(OmegaConf.merge(known, local))
    return {str(name): value for name, value in merged.items()} if isinstance(merged, dict) else {}

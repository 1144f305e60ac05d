"""Random seeds derived from the one seed in the parameters."""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *names: object) -> int:
    """Derive an independent random seed for a named part of the run.

    Parameters
    ----------
    seed
        The run's seed.
    names
        What the seed is for, for example a stage and a task; any objects with a stable ``str``.

    Returns
    -------
    int
        In [0, 2**32), the same in every process and on every machine.
    """
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")

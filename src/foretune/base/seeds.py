"""Seeds derived from the one seed in the parameters."""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *names: object) -> int:
    """Derive a seed for a named part of the work, independent of every other part.

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

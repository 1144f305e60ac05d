"""URL of the default ledger, and the statuses of trials."""

DEFAULT_URL = "sqlite:///data/03_primary/ledger.sqlite"
STATUSES = ("ok", "failed", "timeout", "crashed", "stopped")

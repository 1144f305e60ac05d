"""URL of the default ledger."""

DEFAULT_URL = "sqlite:///data/03_primary/ledger.sqlite"

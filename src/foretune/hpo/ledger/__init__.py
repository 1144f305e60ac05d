"""The ledger: every trial that was ever evaluated, so that none is evaluated twice."""

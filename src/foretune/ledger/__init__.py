"""The ledger: an SQL table of every trial ever evaluated, so that none is evaluated twice.

:class:`foretune.ledger.ledger.Ledger` is imported from its own module, because that needs SQLAlchemy.
"""

from foretune.ledger.errors import LedgerError
from foretune.ledger.key import ENGINE_VERSION, EvaluationContext, trial_key
from foretune.ledger.stored_trial import StoredTrial

DEFAULT_URL = "sqlite:///data/03_primary/ledger.sqlite"

__all__ = ["DEFAULT_URL", "ENGINE_VERSION", "EvaluationContext", "LedgerError", "StoredTrial", "trial_key"]

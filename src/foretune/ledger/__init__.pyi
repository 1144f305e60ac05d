from .database import describe_address
from .errors import LedgerError
from .key import ENGINE_VERSION, EvaluationContext, trial_key
from .ledger import Ledger, Summary
from .names import DEFAULT_URL, STATUSES, address_of
from .sqlite_file import read_sqlite_url
from .stored_trial import StoredTrial
from .tabulate import restore_backup, tabulate_trials, write_backup

__all__ = [
    "DEFAULT_URL", "ENGINE_VERSION", "EvaluationContext", "Ledger", "LedgerError", "STATUSES",
    "StoredTrial", "Summary", "address_of", "describe_address", "read_sqlite_url", "restore_backup",
    "tabulate_trials", "trial_key", "write_backup"
]

from .errors import LedgerError
from .imported_trial import ImportedTrial, TrialImportError, average_repeats, plain_value
from .key import ENGINE_VERSION, EvaluationContext, trial_key
from .ledger import Ledger, Summary
from .names import DEFAULT_URL
from .stored_trial import StoredTrial
from .tabulate import read_copy, tabulate_imported, tabulate_trials, write_copy, write_table

__all__ = [
    "DEFAULT_URL",
    "ENGINE_VERSION",
    "EvaluationContext",
    "ImportedTrial",
    "Ledger",
    "LedgerError",
    "StoredTrial",
    "Summary",
    "TrialImportError",
    "average_repeats",
    "plain_value",
    "read_copy",
    "tabulate_imported",
    "tabulate_trials",
    "trial_key",
    "write_copy",
    "write_table",
]

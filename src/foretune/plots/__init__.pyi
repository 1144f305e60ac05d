from .axis import Scale, in_sentence, score_in_words
from .errors import PlotError
from .shown_search import MemoryView, ShownSearch, ShownTrial
from .study_plots import against_memory, history, importance, parameters, surface
from .trial_plots import TrialPlots

__all__ = [
    "MemoryView", "PlotError", "Scale", "ShownSearch", "ShownTrial", "TrialPlots", "against_memory", "history",
    "importance", "in_sentence", "parameters", "score_in_words", "surface"
]

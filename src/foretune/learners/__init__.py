"""The learners that can be tuned; a new one is a file here and a line in :mod:`.registry`."""

from foretune.learners.learner import Learner
from foretune.learners.registry import get_learner, known_learners, register_learner

__all__ = ["Learner", "get_learner", "known_learners", "register_learner"]

from .learner import Learner as Learner
from .registry import get_learner as get_learner
from .registry import known_learners as known_learners
from .registry import register_learner as register_learner

__all__ = ["Learner", "get_learner", "known_learners", "register_learner"]

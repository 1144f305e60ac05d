from .candidate_features import CandidateFeatures
from .candidate_tree import Branch, CandidateTree, Leaf
from .conditions import combine, drop_inactive, is_active
from .configuration import Configuration, DEFAULT, ID_LENGTH, RECOMMENDED, TUNED
from .coordinates import ConfigurationCoordinates
from .dimensions import Dimension, Point, decode_point, dimensions_of, encode_params
from .draws import configuration_at, draw_new_params
from .encoding import ConfigurationEncoder, LARGEST_NUMBER, LEARNER, PARAM_PREFIX, is_number_text, spell
from .hyperparameters import Choice, FloatRange, Hyperparameter, IntegerRange, LearnerSpace, Scalar, TaggedHyperparameter, describe_range

__all__ = [
    "Branch", "CandidateFeatures", "CandidateTree", "Choice", "Configuration", "ConfigurationCoordinates",
    "ConfigurationEncoder", "DEFAULT", "Dimension", "FloatRange", "Hyperparameter", "ID_LENGTH", "IntegerRange",
    "LARGEST_NUMBER", "LEARNER", "Leaf", "LearnerSpace", "PARAM_PREFIX", "Point", "RECOMMENDED", "Scalar",
    "TUNED", "TaggedHyperparameter", "combine", "configuration_at", "decode_point", "describe_range", "dimensions_of",
    "draw_new_params", "drop_inactive", "encode_params", "is_active", "is_number_text", "spell"
]

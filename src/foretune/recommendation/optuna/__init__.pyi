from .exports import to_dicts, to_enqueued, to_points_to_evaluate
from .sampler import ForetuneSampler

__all__ = ["ForetuneSampler", "to_dicts", "to_enqueued", "to_points_to_evaluate"]

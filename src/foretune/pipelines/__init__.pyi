from . import evaluation, hpo, meta_training, metafeatures, recommendation, task_generation

__all__ = ["evaluation", "hpo", "meta_training", "metafeatures", "recommendation", "task_generation"]

from .learnt_memory import learn

__all__ = ["learn"]

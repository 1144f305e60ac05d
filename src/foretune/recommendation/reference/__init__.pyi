from .costs import add_costs
from .make import add_metric_memories, compare_memories, export_reference

__all__ = ["add_costs", "add_metric_memories", "compare_memories", "export_reference"]

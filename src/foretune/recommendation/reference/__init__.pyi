from .costs import add_costs
from .make import compare_memories, export_reference

__all__ = ["add_costs", "compare_memories", "export_reference"]

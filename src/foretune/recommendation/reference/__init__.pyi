from .make import compare_memories, export_reference

__all__ = ["compare_memories", "export_reference"]

from .embedding import EmbedForetune
from .group_node import GroupNode
from .hooks import (
    CheckExtras, CheckInputs, CheckTable, ExplainErrors, LogToFile, NameLedger, ReadLocalConfiguration,
    ReadLogs, ValidateParameters
)
from .pages import NamePages
from .registered_pipelines import RegisteredPipelines
from .stage_times import TimeStages
from .table_folder import name_table_folder

__all__ = [
    "CheckExtras", "CheckInputs", "CheckTable", "EmbedForetune", "ExplainErrors", "GroupNode", "LogToFile",
    "NameLedger", "NamePages", "ReadLocalConfiguration", "ReadLogs", "RegisteredPipelines", "TimeStages",
    "ValidateParameters", "name_table_folder"
]

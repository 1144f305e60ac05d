from .hooks import (
    CheckExtras, CheckInputs, CheckTable, ExplainErrors, LogToFile, NameLedger, ReadLocalConfiguration,
    ReadLogs, ValidateParameters
)
from .registered_pipelines import RegisteredPipelines

__all__ = [
    "CheckExtras", "CheckInputs", "CheckTable", "ExplainErrors", "LogToFile", "NameLedger",
    "ReadLocalConfiguration", "ReadLogs", "RegisteredPipelines", "ValidateParameters"
]

from .hooks import (
    CheckInputs, CheckTable, ExplainErrors, LogToFile, NameLedger, ReadLocalConfiguration, ReadLogs,
    ValidateParameters
)
from .registered_pipelines import RegisteredPipelines

__all__ = [
    "CheckInputs", "CheckTable", "ExplainErrors", "LogToFile", "NameLedger", "ReadLocalConfiguration",
    "ReadLogs", "RegisteredPipelines", "ValidateParameters"
]

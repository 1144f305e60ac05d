from .hooks import (
    CheckInputs, CheckTable, ExplainErrors, LogToFile, NameLedger, ReadLocalConfiguration, ReadLogs,
    ValidateParameters
)

__all__ = [
    "CheckInputs", "CheckTable", "ExplainErrors", "LogToFile", "NameLedger", "ReadLocalConfiguration",
    "ReadLogs", "ValidateParameters"
]

from .hooks import (
    CheckInputs, CheckTable, ExplainErrors, LogToFile, NameLedger, ReadLocalConfiguration, ReadLogs,
    ValidateParameters
)
from .registered_pipelines import RegisteredPipelines
from .table_folder import name_table_folder

__all__ = [
    "CheckInputs", "CheckTable", "ExplainErrors", "LogToFile", "NameLedger", "ReadLocalConfiguration",
    "ReadLogs", "RegisteredPipelines", "ValidateParameters", "name_table_folder"
]

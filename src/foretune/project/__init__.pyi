from .hooks import CheckInputs, CheckTable, ExplainErrors, LogToFile, ReadLogs, ValidateParameters

__all__ = ["CheckInputs", "CheckTable", "ExplainErrors", "LogToFile", "ReadLogs", "ValidateParameters"]

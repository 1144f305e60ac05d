from .hooks import CheckInputs, ExplainErrors, LogToFile, ReadLogs, RecommendToTable, ValidateParameters

__all__ = ["CheckInputs", "ExplainErrors", "LogToFile", "ReadLogs", "RecommendToTable", "ValidateParameters"]

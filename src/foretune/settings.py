"""Kedro settings of the project."""

from foretune.project import (
    CheckExtras,
    CheckInputs,
    CheckTable,
    ExplainErrors,
    LogToFile,
    NameLedger,
    NamePages,
    ReadLocalConfiguration,
    ReadLogs,
    TimeStages,
    ValidateParameters,
    name_table_folder,
)

# Hooks run last in, first out: the log file opens before anything can be wrong
HOOKS = (
    NamePages(),
    TimeStages(),
    CheckInputs(),
    CheckTable(),
    NameLedger(),
    ExplainErrors(),
    ReadLogs(),
    ValidateParameters(),
    ReadLocalConfiguration(),
    CheckExtras(),
    LogToFile(),
)

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment names only what differs, at any depth
    "merge_strategy": {"parameters": "soft"},
    "custom_resolvers": {"table_folder": name_table_folder},
}

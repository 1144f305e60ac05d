"""The command ``kedro tune`` of any Kedro project."""

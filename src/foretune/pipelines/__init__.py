"""Kedro pipelines, one thin sub-package each."""

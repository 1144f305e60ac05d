"""The Kedro shell: one thin sub-package per pipeline."""

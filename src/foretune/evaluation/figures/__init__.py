"""Figures of the evaluation, as plotly objects."""

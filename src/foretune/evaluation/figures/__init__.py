"""Plotly figures of the evaluation."""

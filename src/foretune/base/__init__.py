"""Foundations that every other package may use."""

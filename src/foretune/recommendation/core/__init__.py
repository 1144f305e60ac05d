"""Suggestions for a new table: memory, candidates, and what speaks for each."""

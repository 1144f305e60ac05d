"""Recommendation for a table in a file, as a ranking and a page."""

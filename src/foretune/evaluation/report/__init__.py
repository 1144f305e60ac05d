"""The report: one page that works offline."""

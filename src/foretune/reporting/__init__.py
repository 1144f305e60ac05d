"""Self-contained HTML pages of text, figures and tables."""

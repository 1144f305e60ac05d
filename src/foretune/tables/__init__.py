"""Reading, checking and cleaning of tables."""

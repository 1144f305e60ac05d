"""The memory that ships with the package, and what makes it."""

"""Search with scikit-learn's interface, started from memory."""

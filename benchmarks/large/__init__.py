"""Parts of the benchmark of large tables, ``benchmarks/large_tables.py``."""

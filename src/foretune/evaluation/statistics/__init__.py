"""Statistical comparison of methods: pairwise tests, ranks, speed-up and claims.

Regrets are first averaged over seeds. The unit of means and wins is the task; the unit of hypothesis tests is
the family, because near-duplicates of one dataset are not independent.
"""

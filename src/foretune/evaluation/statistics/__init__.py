"""Statistics that compare methods: pairs, ranks, speed-up, and the claims that follow from them.

Regrets are averaged over seeds first. What counts tasks (means, wins) takes a task for the unit; what tests a
hypothesis takes a family for the unit: near-duplicates of one dataset are no independent evidence.
"""

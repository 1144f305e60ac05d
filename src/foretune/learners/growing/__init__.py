"""Boosters that grow by rounds, and the choice of their number by early stopping in lockstep over folds."""

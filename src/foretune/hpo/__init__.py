"""Hyperparameter optimisation of many tasks: spaces, learners, designs and the evaluation engine."""

"""Sampler for Optuna, and exports to Optuna, Hyperopt and FLAML."""

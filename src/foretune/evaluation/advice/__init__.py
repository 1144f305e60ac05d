"""Advice to the owner of a memory: computed sentences, each with its evidence, and the tables behind them."""

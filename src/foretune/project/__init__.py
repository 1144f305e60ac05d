"""Kedro around the library: hooks, parameters of a run, and where its outputs go."""

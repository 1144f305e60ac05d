"""The few Kedro dataset classes that kedro-datasets lacks."""

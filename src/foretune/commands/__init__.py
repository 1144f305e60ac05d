"""Commands beside ``kedro run``: a module with a click command of its name for each."""

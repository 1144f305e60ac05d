"""Commands beside ``kedro run``: each is a module with a click command of its name."""

"""How good is it? Leave-one-task-out evaluation of methods that choose which configurations to try."""

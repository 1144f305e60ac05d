"""Search spaces: hyperparameters, conditions, configurations and their encodings."""

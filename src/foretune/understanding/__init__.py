"""What the tuning of many tasks teaches: which hyperparameters, defaults and metafeatures matter."""

"""What is learnt from past tuning: the meta-dataset and the surrogate trained on it."""

"""Fast fits that override internals of scikit-learn and XGBoost, with public methods as fallback."""

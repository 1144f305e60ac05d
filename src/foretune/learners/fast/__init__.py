"""Fast fits that override private parts of scikit-learn and XGBoost, with the public way as fallback."""

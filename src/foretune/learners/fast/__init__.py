"""Fast ways of fitting that override private parts of scikit-learn and XGBoost, with the public way as fallback."""

"""Names of the tables in the report."""

# By the names in the catalogue
TABLES = (
    "hyperparameter_importance",
    "hyperparameter_interactions",
    "marginals",
    "tunability",
    "better_defaults",
    "best_by_rows",
    "size_trends",
    "shap",
    "shap_points",
    "metafeature_ablation",
)

"""Names of the tables that the report shows."""

# What the report needs, by the names in the catalogue
TABLES = (
    "hyperparameter_importance",
    "hyperparameter_interactions",
    "marginals",
    "tunability",
    "better_defaults",
    "shap",
    "shap_points",
    "metafeature_ablation",
)

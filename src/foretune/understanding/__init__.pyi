from .ablation import ablate_metafeatures
from .figures import (
    plot_ablation, plot_better_defaults, plot_importance, plot_marginals, plot_shap, plot_size_trends,
    plot_tunability
)
from .forest_surface import ForestSurface
from .hyperparameter_tables import study_hyperparameters
from .hyperparameters import describe_space
from .names import TABLES
from .parameters import SurfaceParameters, UnderstandingParameters
from .sections import build_sections
from .shap_values import explain_surrogates
from .size_trends import study_sizes

__all__ = [
    "ForestSurface", "SurfaceParameters", "TABLES", "UnderstandingParameters", "ablate_metafeatures",
    "build_sections", "describe_space", "explain_surrogates",
    "plot_ablation", "plot_better_defaults", "plot_importance", "plot_marginals", "plot_shap",
    "plot_size_trends", "plot_tunability", "study_hyperparameters", "study_sizes"
]

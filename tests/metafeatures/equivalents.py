"""How the metafeatures relate to those of pymfe 0.4, the reference implementation for classification.

``EQUIVALENTS`` says which values are the same number, as an expression over what pymfe gives before it
summarises. The prefix says what pymfe is given: ``raw`` the table, ``standard`` its numeric columns
standardised, ``levels`` the columns as levels of the information group, ``paired`` the first 12 of those,
``tree`` the columns as the tree gets them. The tests evaluate the expressions; ``DIFFERENCES`` gives the
reason for everything else in pymfe.
"""

from __future__ import annotations

EQUIVALENTS: dict[str, str] = {
    "simple.log_n_rows": "log(raw.nr_inst)",
    "simple.log_n_features": "log(raw.nr_attr)",
    "simple.log_rows_per_feature": "log(raw.inst_to_attr)",
    "simple.share_categorical": "raw.nr_cat / raw.nr_attr",
    "simple.log_n_classes": "log(raw.nr_class)",
    "simple.log_rows_per_class": "log(raw.nr_inst / raw.nr_class)",
    "cardinality.share_binary": "raw.nr_bin / raw.nr_attr",
    "cardinality.sparsity.mean": "mean(raw.sparsity)",
    "cardinality.sparsity.sd": "sd(raw.sparsity)",
    "cardinality.sparsity.max": "max(raw.sparsity)",
    "target.minority_share": "min(raw.freq_class)",
    "target.majority_share": "max(raw.freq_class)",
    "target.log_imbalance": "log(max(raw.freq_class) / min(raw.freq_class))",
    "target.class_share.sd": "sd(raw.freq_class)",
    "target.imbalance": "raw.c2",
    "target.share_small_classes": "raw.sc / raw.nr_class",
    "statistical.skewness.mean": "mean(raw.skewness)",
    "statistical.skewness.sd": "sd(raw.skewness)",
    "statistical.skewness.min": "min(raw.skewness)",
    "statistical.skewness.max": "max(raw.skewness)",
    "statistical.log_kurtosis.mean": "mean(log(raw.kurtosis + 3))",
    "statistical.log_kurtosis.sd": "sd(log(raw.kurtosis + 3))",
    "statistical.log_kurtosis.min": "min(log(raw.kurtosis + 3))",
    "statistical.log_kurtosis.max": "max(log(raw.kurtosis + 3))",
    "statistical.bimodality.mean": "mean((raw.skewness ** 2 + 1) / (raw.kurtosis + 3))",
    "statistical.bimodality.max": "max((raw.skewness ** 2 + 1) / (raw.kurtosis + 3))",
    "statistical.iqr_to_sd.mean": "mean(standard.iq_range)",
    "statistical.iqr_to_sd.sd": "sd(standard.iq_range)",
    "statistical.mad_to_sd.mean": "mean(standard.mad)",
    "statistical.mad_to_sd.sd": "sd(standard.mad)",
    "statistical.median_shift.mean": "mean(abs(standard.median))",
    "statistical.median_shift.max": "max(abs(standard.median))",
    "statistical.log_range_to_sd.mean": "mean(log(standard.range))",
    "statistical.log_range_to_sd.max": "max(log(standard.range))",
    "statistical.share_with_outliers": "raw.nr_outliers / raw.nr_num",
    "statistical.share_normal": "raw.nr_norm / raw.nr_num",
    "statistical.abs_correlation.mean": "mean(raw.cor)",
    "statistical.abs_correlation.sd": "sd(raw.cor)",
    "statistical.abs_correlation.max": "max(raw.cor)",
    "statistical.share_correlated_pairs": "raw.nr_cor_attr",
    "statistical.effective_dimension": (
        "sum(standard.eigenvalues) ** 2 / sum(standard.eigenvalues ** 2) / size(standard.eigenvalues)"
    ),
    "statistical.eta_squared.mean": "mean(1 - raw.f1)",
    "statistical.eta_squared.sd": "sd(1 - raw.f1)",
    "statistical.eta_squared.max": "max(1 - raw.f1)",
    "information.attribute_entropy.mean": "mean(levels.attr_ent / log2(n_levels))",
    "information.attribute_entropy.sd": "sd(levels.attr_ent / log2(n_levels))",
    "information.attribute_entropy.min": "min(levels.attr_ent / log2(n_levels))",
    "information.attribute_entropy.max": "max(levels.attr_ent / log2(n_levels))",
    "information.joint_entropy.mean": "mean(levels.joint_ent) * log(2)",
    "information.joint_entropy.sd": "sd(levels.joint_ent) * log(2)",
    "information.mutual_information.mean": "mean(levels.mut_inf) * log(2)",
    "information.mutual_information.sd": "sd(levels.mut_inf) * log(2)",
    "information.mutual_information.max": "max(levels.mut_inf) * log(2)",
    "information.uncertainty_coefficient.mean": "mean(levels.mut_inf / levels.class_ent)",
    "information.uncertainty_coefficient.max": "max(levels.mut_inf / levels.class_ent)",
    "information.log_equivalent_attributes": "log(levels.eq_num_attr)",
    "information.signal_share": "1 / (1 + levels.ns_ratio)",
    "information.attribute_concentration.mean": "mean(paired.attr_conc)",
    "information.attribute_concentration.sd": "sd(paired.attr_conc)",
    "information.attribute_concentration.max": "max(paired.attr_conc)",
    "information.class_entropy": "raw.class_ent * log(2)",
    "information.relative_class_entropy": "raw.c1",
    "pca.first_share": "max(standard.eigenvalues) / sum(standard.eigenvalues)",
    "pca.components_95": "standard.t4",
    "pca.log_components_per_row": "log(standard.t3)",
    "model_based.log_leaves": "log(tree.leaves)",
    "model_based.splits_per_row": "tree.nodes_per_inst",
    "model_based.log_splits_per_column": "log(1 + tree.nodes_per_attr)",
    "model_based.node_depth.mean": "mean(tree.tree_depth)",
    "model_based.node_depth.sd": "sd(tree.tree_depth)",
    "model_based.leaf_depth.mean": "mean(tree.leaves_branch)",
    "model_based.leaf_depth.sd": "sd(tree.leaves_branch)",
    "model_based.leaf_depth.max": "max(tree.leaves_branch)",
    "model_based.leaf_share.sd": "sd(tree.leaves_corrob)",
    "model_based.leaf_share.max": "max(tree.leaves_corrob)",
    "model_based.leaf_shape.mean": "mean(tree.tree_shape)",
    "model_based.leaf_shape.sd": "sd(tree.tree_shape)",
    "model_based.log_leaf_homogeneity.mean": "mean(log(tree.leaves_homo))",
    "model_based.imbalance.mean": "mean(tree.tree_imbalance)",
    "model_based.imbalance.sd": "sd(tree.tree_imbalance)",
    "model_based.log_level_width.mean": "mean(log(tree.nodes_per_level))",
    "model_based.log_level_width.max": "max(log(tree.nodes_per_level))",
    "model_based.log_column_uses.mean": "mean(log(tree.nodes_repeated))",
    "model_based.log_column_uses.max": "max(log(tree.nodes_repeated))",
    "model_based.share_used": "size(tree.nodes_repeated) * tree.nodes_per_attr / tree.nodes",
    "model_based.importance.sd": "sd(tree.var_importance)",
    "model_based.importance.max": "max(tree.var_importance)",
    "model_based.class_leaf_share.sd": "sd(tree.leaves_per_class)",
    "model_based.class_leaf_share.max": "max(tree.leaves_per_class)",
    "complexity.overlap_volume.mean": "mean(raw.f2)",
    "complexity.overlap_volume.max": "max(raw.f2)",
    "complexity.overlap_share.mean": "mean(raw.f3)",
    "complexity.overlap_share.max": "max(raw.f3)",
    "complexity.collective_overlap_share.mean": "mean(raw.f4)",
    "complexity.collective_overlap_share.max": "max(raw.f4)",
    "complexity.borderline_share": "raw.n1",
    "complexity.intra_extra_ratio.mean": "mean(raw.n2)",
    "complexity.intra_extra_ratio.sd": "sd(raw.n2)",
    "complexity.neighbour_error": "mean(raw.n3)",
    "complexity.local_set_cardinality": "raw.lsc",
}

_UNIT = "depends on the unit of a column; see what it becomes in standard deviations: "
_ORDER = (
    "cross-validated in the order of the rows with accuracy, each fold alone; here balanced accuracy of "
    "pooled predictions on folds that do not depend on the order, with columns encoded and scaled"
)
_CANONICAL = (
    "from canonical correlations by an iteration that stops at 1e-6; here by eigenvalues. The formula is "
    "compared, given the same correlations"
)
_DISTANCES = "takes all n^2 distances; overlap and neighbourhood are measured by complexity on a sample"
_GRAPH = "a graph of the 15 % nearest rows; what it says is in borderline_share and local_set_cardinality"

DIFFERENCES: dict[str, str] = {
    "attr_to_inst": "the negative of log_rows_per_feature, once its logarithm is taken",
    "t2": "the negative of log_rows_per_feature, once its logarithm is taken",
    "cat_to_num": "unbounded or undefined where a kind is absent; see share_categorical",
    "num_to_cat": "unbounded or undefined where a kind is absent; see share_categorical",
    "nre": "the same number as class_ent",
    "max": f"{_UNIT}log_range_to_sd",
    "min": f"{_UNIT}log_range_to_sd",
    "mean": f"{_UNIT}median_shift",
    "t_mean": f"{_UNIT}median_shift",
    "g_mean": f"{_UNIT}log_kurtosis and skewness; undefined for negative numbers",
    "h_mean": f"{_UNIT}log_kurtosis and skewness; undefined for negative numbers",
    "sd": f"{_UNIT}1 by definition",
    "var": f"{_UNIT}1 by definition",
    "cov": f"{_UNIT}abs_correlation",
    "gravity": "depends on units, and on the order of labels where two classes are equally large; see "
    "eta_squared",
    "sd_ratio": "undefined as soon as a class has fewer rows than columns; pymfe also weights the "
    "covariance of each class with the size of another",
    "can_cor": _CANONICAL,
    "w_lambda": _CANONICAL,
    "p_trace": _CANONICAL,
    "lh_trace": "infinite where a column tells the classes apart; wilks_lambda is its bounded form",
    "roy_root": "infinite where a column tells the classes apart; the largest canonical correlation is its "
    "bounded form",
    "nr_disc": "the number of canonical correlations: min(classes - 1, columns) but for rounding",
    "class_conc": "predicts the column from the class; here the class from the column, which is compared "
    "with the arguments exchanged",
    "best_node": _ORDER,
    "elite_nn": _ORDER,
    "linear_discr": _ORDER,
    "naive_bayes": _ORDER,
    "one_nn": _ORDER,
    "random_node": _ORDER,
    "worst_node": _ORDER,
    "ch": _DISTANCES,
    "int": _DISTANCES,
    "pb": _DISTANCES,
    "sil": _DISTANCES,
    "vdb": _DISTANCES,
    "vdu": _DISTANCES,
    "cohesiveness": _DISTANCES,
    "conceptvar": _DISTANCES,
    "impconceptvar": _DISTANCES,
    "wg_dist": _DISTANCES,
    "one_itemset": "shares of single levels, one a level: no fixed number of values; see attribute_entropy",
    "two_itemset": "shares of pairs of levels, quadratic in their number; see attribute_concentration",
    "cls_coef": _GRAPH,
    "density": _GRAPH,
    "hubs": _GRAPH,
    "t1": "covers all rows by spheres, with a recursion as deep as there are rows",
    "f1v": "raises an error with NumPy 2.4; directional_overlap is compared with its definition",
    "l1": "a support vector machine, solved to 1e-2 from a random start; here least squares, which has one "
    "solution",
    "l2": "a support vector machine, solved to 1e-2 from a random start; here least squares, which has one "
    "solution",
    "l3": "rows between random pairs, drawn in the order of the rows; here the draw does not depend on it",
    "n4": "rows between random pairs, drawn in the order of the rows; here the draw does not depend on it",
}

# What holds for single values that are equal but for these cases
SPECIAL_CASES: dict[str, str] = {
    "constant columns": "left out of summaries here; pymfe gives NaN for the whole task, or counts them",
    "missing values": "left out column by column here; most of pymfe raises an error",
    "joint counts": "pymfe adds 1e-8 to every cell of a contingency table; compared without that",
    "moments": "pymfe's default corrects skewness and kurtosis for n; compared with its option method=1",
    "normality": "pymfe's default is Shapiro's test of the first 5,000 rows; compared with its option "
    "dagostino-pearson, which needs one pass over all rows",
    "distances": "pymfe's default computes them in single precision and on numeric columns alone; compared "
    "with its option minkowski, p=1. Nominal columns count here",
    "tied distances": "several answers are right (which neighbour, which tree), and rounding chooses; "
    "compared with ties broken by noise of a millionth of a column's range",
    "ranges of length zero": "two classes at one point overlap fully here; pymfe divides zero by zero",
    "many classes": "of more than 45 pairs of classes a sample is measured here, all in pymfe",
    "many columns": "concentration of pairs is measured for at most 12 columns in both, but not the same "
    "ones",
}

"""Synthesis: what do all studies of a programme say together.

Effect sizes from what papers report (:mod:`.effect_sizes`), pooling with fixed and random effects (:mod:`.pooling`),
dependent effects (:mod:`.multilevel`, :mod:`.robust`), and what may be missing (:mod:`.bias`, :mod:`.selection`).

>>> from kyoto.analysis.evaluation import synthesis
>>> reports = synthesis.log_odds_ratio([4, 6, 3], [119, 300, 228], [11, 29, 11], [128, 274, 209])
>>> found = synthesis.synthesize(reports.effect, reports.variance, model="pm", exponentiate=True)
>>> round(float(found.tidy().estimate[0]), 2)
0.25
"""

from kyoto.analysis.evaluation.synthesis.bias import egger, pet_peese, rank_test, trim_and_fill
from kyoto.analysis.evaluation.synthesis.effect_sizes import (
    EffectSizes,
    correlation_effect,
    from_interval,
    log_odds_ratio,
    log_rate_ratio,
    log_risk_ratio,
    mean_difference,
    rate_difference,
    ratio_of_means,
    relative_incident_rate_ratio,
    risk_difference,
    standardized_mean_difference,
)
from kyoto.analysis.evaluation.synthesis.multilevel import profile_interval, three_level
from kyoto.analysis.evaluation.synthesis.pooling import MODELS, bootstrap_pool, pool, predict
from kyoto.analysis.evaluation.synthesis.reading import Columns, read_studies
from kyoto.analysis.evaluation.synthesis.reported import effects_of_table
from kyoto.analysis.evaluation.synthesis.result import Studies, Synthesis, SynthesisRow
from kyoto.analysis.evaluation.synthesis.robust import robust_variance
from kyoto.analysis.evaluation.synthesis.selection import selection_model
from kyoto.analysis.evaluation.synthesis.synthesize import synthesize, synthesize_studies

__all__ = [
    "MODELS",
    "Columns",
    "EffectSizes",
    "Studies",
    "Synthesis",
    "SynthesisRow",
    "bootstrap_pool",
    "correlation_effect",
    "effects_of_table",
    "egger",
    "from_interval",
    "log_odds_ratio",
    "log_rate_ratio",
    "log_risk_ratio",
    "mean_difference",
    "pet_peese",
    "pool",
    "predict",
    "profile_interval",
    "rank_test",
    "rate_difference",
    "ratio_of_means",
    "read_studies",
    "relative_incident_rate_ratio",
    "risk_difference",
    "robust_variance",
    "selection_model",
    "standardized_mean_difference",
    "synthesize",
    "synthesize_studies",
    "three_level",
    "trim_and_fill",
]

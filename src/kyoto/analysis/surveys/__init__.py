"""Victimization and corruption surveys: from the plan and the questionnaire to a figure with its sampling error.

Most crime is never recorded; what people say in a survey is the other half of the evidence. The room plans a sample
(:func:`plan_domains`, :func:`draw_sample`), writes the form and reads the answers (:func:`write_xlsform`,
:func:`read_answers`), makes the weights (:func:`make_weights`, :func:`calibrate`), estimates with the variance that the
design gives (:func:`total`, :func:`proportion`, :func:`regress`, and :func:`estimate_table` straight from a file), and
says which figures may be published (:func:`publish`). Its numbers equal those of R's survey package.

>>> from kyoto.analysis import surveys
>>> design = surveys.make_design([20.0] * 6, strata=[[1, 1, 1, 2, 2, 2]])
>>> victim = surveys.proportion(design, [1, 0, 0, 1, 1, 0], name="victim")
>>> print(victim.summary())
victim=1: 0.500 (95% 0.0680 to 0.932), n = 6
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kyoto.core.later import importing_later

if TYPE_CHECKING:
    from kyoto.analysis.surveys.allocation import allocate
    from kyoto.analysis.surveys.answers import check_answers, read_answers
    from kyoto.analysis.surveys.calibration import Targets, calibrate, post_stratify
    from kyoto.analysis.surveys.codebook import codebook_rows
    from kyoto.analysis.surveys.contrasts import change, contrast, differences, joint_test
    from kyoto.analysis.surveys.design import SurveyDesign, make_design
    from kyoto.analysis.surveys.drawing import draw_sample
    from kyoto.analysis.surveys.estimation import mean, proportion, ratio, total
    from kyoto.analysis.surveys.from_file import estimate_table
    from kyoto.analysis.surveys.incidents import (
        SeriesRule,
        attach_incidents,
        in_reference_period,
        months_before,
        times_counted,
    )
    from kyoto.analysis.surveys.indicator_run import SurveyFigures, run_settings
    from kyoto.analysis.surveys.known_totals import read_targets
    from kyoto.analysis.surveys.publication import RULES, PublicationRule, publish, reliability, rule_named
    from kyoto.analysis.surveys.quantiles import quantile
    from kyoto.analysis.surveys.questionnaire import Instrument, instrument
    from kyoto.analysis.surveys.recorded_crime import beside_recorded, dark_figure, dark_share
    from kyoto.analysis.surveys.regression import regress
    from kyoto.analysis.surveys.replicate_weights import make_replicates
    from kyoto.analysis.surveys.replicates import ReplicateDesign, replicate_design
    from kyoto.analysis.surveys.report import estimates_page, figures_page
    from kyoto.analysis.surveys.request import Request, SampleColumns, Wanted, wanted_figures
    from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates
    from kyoto.analysis.surveys.sample_size import (
        DomainWish,
        cluster_design_effect,
        interviews_needed,
        optimal_cluster_take,
        plan_domains,
    )
    from kyoto.analysis.surveys.sdg import INDICATORS, derive
    from kyoto.analysis.surveys.settings import SurveySettings, read_settings
    from kyoto.analysis.surveys.small_areas import SmallAreas, benchmark, fay_herriot
    from kyoto.analysis.surveys.synthetic import simulate_survey
    from kyoto.analysis.surveys.tables_in import open_frame, open_table
    from kyoto.analysis.surveys.unit_level import nested_error
    from kyoto.analysis.surveys.victimization import (
        bounding_factor,
        bribery_prevalence,
        concentration,
        incidence,
        prevalence,
        reasons_not_reported,
        recall_profile,
        reporting_rate,
    )
    from kyoto.analysis.surveys.weight_steps import WeightSettings, make_weights
    from kyoto.analysis.surveys.weighting import (
        base_weights,
        diagnose,
        nonresponse_by_class,
        nonresponse_by_propensity,
        propensities,
        trim,
    )
    from kyoto.analysis.surveys.xlsform import write_xlsform

__all__ = [
    "INDICATORS",
    "RULES",
    "DomainWish",
    "Instrument",
    "PublicationRule",
    "ReplicateDesign",
    "Request",
    "SampleColumns",
    "SeriesRule",
    "SmallAreas",
    "SurveyDesign",
    "SurveyEstimate",
    "SurveyEstimates",
    "SurveyFigures",
    "SurveySettings",
    "Targets",
    "Wanted",
    "WeightSettings",
    "allocate",
    "attach_incidents",
    "base_weights",
    "benchmark",
    "beside_recorded",
    "bounding_factor",
    "bribery_prevalence",
    "calibrate",
    "change",
    "check_answers",
    "cluster_design_effect",
    "codebook_rows",
    "concentration",
    "contrast",
    "dark_figure",
    "dark_share",
    "derive",
    "diagnose",
    "differences",
    "draw_sample",
    "estimate_table",
    "estimates_page",
    "fay_herriot",
    "figures_page",
    "in_reference_period",
    "incidence",
    "instrument",
    "interviews_needed",
    "joint_test",
    "make_design",
    "make_replicates",
    "make_weights",
    "mean",
    "months_before",
    "nested_error",
    "nonresponse_by_class",
    "nonresponse_by_propensity",
    "open_frame",
    "open_table",
    "optimal_cluster_take",
    "plan_domains",
    "post_stratify",
    "prevalence",
    "propensities",
    "proportion",
    "publish",
    "quantile",
    "ratio",
    "read_answers",
    "read_settings",
    "read_targets",
    "reasons_not_reported",
    "recall_profile",
    "regress",
    "reliability",
    "replicate_design",
    "reporting_rate",
    "rule_named",
    "run_settings",
    "simulate_survey",
    "times_counted",
    "total",
    "trim",
    "wanted_figures",
    "write_xlsform",
]

_PLACES = {
    "DomainWish": "sample_size",
    "INDICATORS": "sdg",
    "Instrument": "questionnaire",
    "PublicationRule": "publication",
    "RULES": "publication",
    "ReplicateDesign": "replicates",
    "Request": "request",
    "SampleColumns": "request",
    "SeriesRule": "incidents",
    "SmallAreas": "small_areas",
    "SurveyDesign": "design",
    "SurveyEstimate": "result",
    "SurveyEstimates": "result",
    "SurveyFigures": "indicator_run",
    "SurveySettings": "settings",
    "Targets": "calibration",
    "Wanted": "request",
    "WeightSettings": "weight_steps",
    "allocate": "allocation",
    "attach_incidents": "incidents",
    "base_weights": "weighting",
    "benchmark": "small_areas",
    "beside_recorded": "recorded_crime",
    "bounding_factor": "victimization",
    "bribery_prevalence": "victimization",
    "calibrate": "calibration",
    "change": "contrasts",
    "check_answers": "answers",
    "cluster_design_effect": "sample_size",
    "codebook_rows": "codebook",
    "concentration": "victimization",
    "contrast": "contrasts",
    "dark_figure": "recorded_crime",
    "dark_share": "recorded_crime",
    "derive": "sdg",
    "diagnose": "weighting",
    "differences": "contrasts",
    "draw_sample": "drawing",
    "estimate_table": "from_file",
    "estimates_page": "report",
    "fay_herriot": "small_areas",
    "figures_page": "report",
    "in_reference_period": "incidents",
    "incidence": "victimization",
    "instrument": "questionnaire",
    "interviews_needed": "sample_size",
    "joint_test": "contrasts",
    "make_design": "design",
    "make_replicates": "replicate_weights",
    "make_weights": "weight_steps",
    "mean": "estimation",
    "months_before": "incidents",
    "nested_error": "unit_level",
    "nonresponse_by_class": "weighting",
    "nonresponse_by_propensity": "weighting",
    "open_frame": "tables_in",
    "open_table": "tables_in",
    "optimal_cluster_take": "sample_size",
    "plan_domains": "sample_size",
    "post_stratify": "calibration",
    "prevalence": "victimization",
    "propensities": "weighting",
    "proportion": "estimation",
    "publish": "publication",
    "quantile": "quantiles",
    "ratio": "estimation",
    "read_answers": "answers",
    "read_settings": "settings",
    "read_targets": "known_totals",
    "reasons_not_reported": "victimization",
    "recall_profile": "victimization",
    "regress": "regression",
    "reliability": "publication",
    "replicate_design": "replicates",
    "reporting_rate": "victimization",
    "rule_named": "publication",
    "run_settings": "indicator_run",
    "simulate_survey": "synthetic",
    "times_counted": "incidents",
    "total": "estimation",
    "trim": "weighting",
    "wanted_figures": "request",
    "write_xlsform": "xlsform",
}

__getattr__ = importing_later(__name__, _PLACES)

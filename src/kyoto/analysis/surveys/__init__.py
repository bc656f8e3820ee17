"""Victimization and corruption surveys: from the plan and the questionnaire to a figure with its sampling error.

Most crime is never recorded; what people say in a survey is the other half of the evidence. The room plans a sample,
writes the form, makes the weights, estimates with the variance that the design gives, and says which figures may be
published. Its numbers equal those of R's survey package.

>>> from kyoto.analysis import surveys
>>> design = surveys.make_design([20.0] * 6, strata=[[1, 1, 1, 2, 2, 2]])
>>> victim = surveys.proportion(design, [1, 0, 0, 1, 1, 0], name="victim")
>>> print(victim.summary())
victim=1: 0.500 (95% 0.0680 to 0.932), n = 6
"""

from kyoto.analysis.surveys.contrasts import change, contrast, differences, joint_test
from kyoto.analysis.surveys.design import SurveyDesign, make_design
from kyoto.analysis.surveys.estimation import mean, proportion, ratio, total
from kyoto.analysis.surveys.from_file import estimate_table
from kyoto.analysis.surveys.quantiles import quantile
from kyoto.analysis.surveys.regression import regress
from kyoto.analysis.surveys.replicate_weights import make_replicates
from kyoto.analysis.surveys.replicates import ReplicateDesign, replicate_design
from kyoto.analysis.surveys.request import Request, SampleColumns, Wanted, wanted_figures
from kyoto.analysis.surveys.result import SurveyEstimate, SurveyEstimates
from kyoto.analysis.surveys.tables_in import open_frame, open_table

__all__ = [
    "ReplicateDesign",
    "Request",
    "SampleColumns",
    "SurveyDesign",
    "SurveyEstimate",
    "SurveyEstimates",
    "Wanted",
    "change",
    "contrast",
    "differences",
    "estimate_table",
    "joint_test",
    "make_design",
    "make_replicates",
    "mean",
    "open_frame",
    "open_table",
    "proportion",
    "quantile",
    "ratio",
    "regress",
    "replicate_design",
    "total",
    "wanted_figures",
]

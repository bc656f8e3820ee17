"""Worth it? Costs of crime and of programmes, weighed with their uncertainty."""

from kyoto.analysis.evaluation.worth.appraisal import Appraisal, CostItem, Prevented, appraise
from kyoto.analysis.evaluation.worth.costs import (
    PriceTable,
    UnitCost,
    discount_factor,
    read_prices,
    read_unit_costs,
    unit_cost_of,
)
from kyoto.analysis.evaluation.worth.settings import appraise_file

__all__ = [
    "Appraisal",
    "CostItem",
    "Prevented",
    "PriceTable",
    "UnitCost",
    "appraise",
    "appraise_file",
    "discount_factor",
    "read_prices",
    "read_unit_costs",
    "unit_cost_of",
]

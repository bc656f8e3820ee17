"""Reoffending: how many, how soon, how often, compared with whom; and whether risk instruments do what they claim.

Three ways in. A file with one row a person: :func:`open_people`, :func:`fixed_window_rates`, :func:`read_times` with
:func:`follow` and :func:`compare_groups`. Events of justice: :mod:`.cohorts`. Arrays: :mod:`.survival`. Audits of
scores that others assign are in :mod:`.audit`; nothing here scores anybody. Person-level data stay in the database:
what comes out are counts and curves, and groups below a threshold are withheld.

>>> import pandas as pd
>>> from kyoto.analysis import reoffending
>>> people = pd.DataFrame({"days": [40, 700, 800, 900], "again": [1, 1, 0, 0]})
>>> with reoffending.frame_table(people) as table:
...     rates = reoffending.fixed_window_rates(table, reoffending.PeopleColumns("again", time="days"), [365])
>>> print(rates.summary().splitlines()[0])
within 365 days: 25.0% (95% 4.6% to 69.9%; 1 of 4)
"""

from __future__ import annotations

from kyoto.core.later import importing_later

_PLACES = {
    "Comparison": "comparing",
    "Following": "following",
    "PeopleColumns": "people",
    "PeopleTimes": "times",
    "RateTable": "rate_table",
    "Report": "report",
    "StandardisedRate": "standardise",
    "compare_groups": "comparing",
    "curves_chart": "charts",
    "fixed_window_rates": "rates",
    "follow": "following",
    "frame_table": "reading",
    "inverse_weights": "weighting",
    "open_people": "reading",
    "rates_chart": "charts",
    "read_times": "times",
    "report_of_cohort": "cohort_report",
    "report_of_people": "report",
    "save_chart": "charts",
    "standardised_curves": "standardise",
    "standardised_rates": "standardise",
    "weighted_rates": "weighting",
}

__all__ = [
    "Comparison",
    "Following",
    "PeopleColumns",
    "PeopleTimes",
    "RateTable",
    "Report",
    "StandardisedRate",
    "compare_groups",
    "curves_chart",
    "fixed_window_rates",
    "follow",
    "frame_table",
    "inverse_weights",
    "open_people",
    "rates_chart",
    "read_times",
    "report_of_cohort",
    "report_of_people",
    "save_chart",
    "standardised_curves",
    "standardised_rates",
    "weighted_rates",
]

__getattr__ = importing_later(__name__, _PLACES)

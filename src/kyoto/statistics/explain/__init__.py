"""From a published figure back to the rule, the mapping, the findings and the source rows behind it.

Import :func:`~kyoto.statistics.explain.tracing.explain_figure` from :mod:`kyoto.statistics.explain.tracing`.
"""

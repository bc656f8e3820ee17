"""Evaluation: did a programme work, was it worth it, and what do all studies say together.

The rooms behind it, in the order in which an evaluation goes:

- :mod:`.plan`: the written design, frozen before outcomes are read; power; running it.
- :mod:`.designs`: estimators, each with the checks of its assumptions.
- :mod:`.worth`: costs and benefits as distributions.
- :mod:`.card`: one page in plain language, made from results.
- :mod:`.monitoring`: indicators of the logframe against targets, with control charts.
- :mod:`.synthesis`: effect sizes and meta-analysis.
- :mod:`.register`: evaluations, reviews and practices as records.

>>> from kyoto.analysis.evaluation import synthesis
>>> found = synthesis.synthesize([-0.2, -0.1, -0.3], [0.01, 0.02, 0.03], model="dl", exponentiate=True)
>>> round(float(found.tidy().estimate[0]), 3)
0.826
"""

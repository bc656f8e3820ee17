"""Kyoto: an open evidence system for crime prevention and criminal justice.

``import kyoto`` is light: rooms are imported by their own names, for example ``from kyoto.statistics import
classification``.
"""

__version__ = "0.1.0"

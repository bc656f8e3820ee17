"""Engines: where tables are computed. The same Ibis expressions run on DuckDB (a laptop) and Spark (a cluster).

:func:`open_engine` gives an :class:`Engine`; what the two must spell differently is a method of it, everything
else is an Ibis expression that does not know its engine.
"""

from kyoto.core.engine.model import ENGINES, BrokenLine, Engine, EngineSettings, KeyNotListedError, open_engine

__all__ = ["ENGINES", "BrokenLine", "Engine", "EngineSettings", "KeyNotListedError", "open_engine"]

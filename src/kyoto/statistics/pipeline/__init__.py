"""From a project file to published evidence: the steps of ``kyoto build``.

:mod:`settings` reads the project file, :mod:`steps` lists what has to be made, and one module a step makes it.
"""

"""The command line: one small file a command group, verb first.

Group modules import nothing heavy at the top: ``kyoto --help`` must stay fast. Each offers ``app`` (a Typer) or
functions that :mod:`kyoto.cli.main` registers.
"""

"""The ground every room stands on: errors, results, engine, project file, build, progress.

It imports nothing of the rest of Kyoto.
"""

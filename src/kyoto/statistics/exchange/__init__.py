"""What crosses the border of a project: published series in, questionnaires out and back, SDMX.

``series`` reads what others published and downloads it politely; ``cts`` answers the United Nations survey of crime
trends as a workbook; ``sdmx`` writes and describes figures for machines. All carry the same observations.
"""

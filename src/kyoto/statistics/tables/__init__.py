"""Counting rules, cells with ICCS roll-up, rates and shares.

A table is declared (:class:`TableSpec`), counted (:func:`count_cells`), protected by the disclosure room and then
turned into observations (:func:`observations`). Import from the modules; importing this package stays cheap.
"""

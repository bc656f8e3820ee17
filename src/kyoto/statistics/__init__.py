"""From records to comparable published figures: classification, sources, tables, quality, disclosure, exchange."""

"""From a published figure back to the rule, the mapping, the findings and the source rows behind it."""

"""From data to knowledge: each room holds a design, an estimator and a result."""

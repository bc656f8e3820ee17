"""Evaluation: did a programme work, was it worth it, and what do all studies say together."""

"""Reoffending: how many, how soon, how often, compared with whom; and whether risk instruments do what they claim."""

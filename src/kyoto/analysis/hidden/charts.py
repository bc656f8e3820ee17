"""Charts of this room."""

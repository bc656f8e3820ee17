"""Pages of the desk: each is a function from a visit to a reply."""

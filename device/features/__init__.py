"""Features of a session or a phase, of records as the box makes them: one function for the box and for training."""

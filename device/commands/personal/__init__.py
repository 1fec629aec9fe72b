"""`affectbox personal`: a model of one person on this box."""

"""What an engineer or a clinician asks of boxes from a terminal: how they are, and to do something."""

"""A session as a film: the digital face, and beside it the timing diagram, in which a line moves."""

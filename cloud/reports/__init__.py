"""What people read of a session: the report in words, and the timing diagram."""

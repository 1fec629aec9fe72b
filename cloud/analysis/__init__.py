"""What happened in a session, computed from the reader's table: shares of its time, episodes, what goes together."""

"""The page on which coders code: a web server for this machine's own browser, and what it serves."""

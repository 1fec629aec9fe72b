"""The steps as commands; each imports its heavy packages only when it runs."""

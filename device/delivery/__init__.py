"""Where records go: a file of JSON lines, or the outbox and from there a database. Nothing here sees a pixel."""

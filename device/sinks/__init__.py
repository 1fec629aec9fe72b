"""Where records go: a file of JSON lines, the outbox on its way to a database, memory. No sink sees a pixel."""

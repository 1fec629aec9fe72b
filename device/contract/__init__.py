"""What the device accepts and emits: labels, model bundles, records, and errors. Standard library only."""

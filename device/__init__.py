"""Everything that runs on the box, and nothing else."""

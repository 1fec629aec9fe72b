"""Diagnosis support: whether groups can be told apart by their features, how surely, and a bundle where they can."""

"""Erasing: of persons, everywhere, and of what is older than it is to be kept."""

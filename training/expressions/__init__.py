"""Networks of expressions alone: what annotators would name of a picture."""

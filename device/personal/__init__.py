"""What the box keeps of a model of one person: the bundles, and what earlier sessions came to. By pseudonym, and gone
with them."""

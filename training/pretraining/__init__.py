"""What can be learnt from faces that nobody coded: a masked autoencoder, with which other networks begin.

prepare ─► data.npz ─► train --recipe masked.toml ─► RUN ─► start = "RUN" in the recipe of another network
"""

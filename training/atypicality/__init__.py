"""Atypicality: how unusual a movement of the face looks, and how unlikely it is among typical people.

plan → acting, rated → simulate     children in whose faces the truth is planted, and raters who see it with noise
ratings → study → sound             what people rated, the recordings that it belongs to, and what makes them useless
windows                             short stretches of a recording as the network sees them, with their ratings
ceiling, metrics, conformal         what raters agree on, how near a network comes, how wide its interval is
recipe → networks, learning         the published recipe, ours, and the companion that needs no ratings
protocol → evaluation, tables       all of it in folds of people: evaluation.json
refusal, run, bundle, card          what becomes of it
"""

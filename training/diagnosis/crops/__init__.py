"""Diagnosis support from aligned faces of consented videos: for a workstation, never for the box, which keeps no
picture until a session ends.

    data.py      faces of a study, each with its participant, group and part of the split
    recipe.py    what decides the outcome
    learning.py  batches and loss: every participant counts the same, however many frames there are
    kind.py      the steps' view of it: who is held out
    nested.py    inner folds choose how many epochs are learnt, without the people on whom the outer fold is measured
    answers.py   log-probabilities averaged over each held-out participant's frames

**Faces are personal data.** A run folder holds none, but its answers name participants: their owner alone may read it.
"""

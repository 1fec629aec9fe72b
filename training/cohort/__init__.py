"""A cohort: the participants of a study, their recordings, and what each comes to in features.

participants.csv   people.py      who, in which group, at which site
stimuli.csv        …              parts of recordings, where the sessions have no phases
table.py           one row a participant: what diagnosis support and targets learn from
"""

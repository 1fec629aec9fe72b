"""What is wrong with a study, in words: `affectbox-training cohort check`.

people.py     groups, sites, age, sex, medication: too few, confounded
sessions.py   recordings: of nobody, missing, revoked, without phases, by other networks
measured.py   coverage, frames, features that were never measured
sites.py      a site at which the groups differ the other way round, as where labels were exchanged
apart.py      the arithmetic: how far groups are apart in a number, or in a name
"""

"""Sessions as files that other programs read: `affectbox-cloud export`.

command.py      the command
sources.py      which sessions there are, in files and databases, and the rows of one
columns.py      what a set of columns is
affectbox.py, openface.py, pyfeat.py   the sets
fhir.py         summaries as HL7 FHIR Observations
folder.py       the folder that is written: a file a session, in `device=…/month=…`, whole or not at all
dictionary.py   what the columns mean
"""

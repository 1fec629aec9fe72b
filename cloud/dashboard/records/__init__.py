"""Patients and sessions as clinicians see them: what is read, put into words, drawn and written.

    reading.py    sessions and their tables, as the person who is signed in, kept as long as their visit
    changes.py    what is written, each with its entry of the audit
    people.py, papers.py, notes.py, marks.py    what clinicians write of a person
    overview.py   the list of patients
    words.py      a session in words;  times.py  times in words
    weeks.py      sessions over weeks;  course.py  one session over time;  pairing.py  two sessions
    exporting.py  a person's record as files

Nothing here knows of pages; what knows nothing of the dashboard either is in `cloud/analysis`.
"""

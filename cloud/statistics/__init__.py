"""Statistics over many sessions, on as many processes or machines as there are: `affectbox-cloud analyse`.

sums.py      what a session comes to, so that sessions can be added up
task.py      the sessions of one file, as a worker reads them
spread.py    many files at once, by Dask
groups.py    sessions by patient, box and month, and what each group comes to
command.py   the command
"""

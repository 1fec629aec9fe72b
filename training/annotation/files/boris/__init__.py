"""BORIS's files: a project (.boris, JSON) of all films and coders, and its events as a table (.csv, .tsv).

An episode is a state event: a START at the onset and a STOP at the end of the offset's frame, of the behaviour named
after the action. Modifiers are the intensity (A to E), where intensities are coded, and the side. The apex is in the
comment of the START: `apex 41`. An episode that is open has no STOP. The subject is the participant; which film it is
and who coded are independent variables of the observation.

Frames that were coded one by one are not written: BORIS knows events only.

Source: Friard & Gamba 2016, *BORIS*; project format 7.0 and the columns of 'Export events' as in BORIS 8 and 9.
"""

PROJECT, TABLE = "codes.boris", "events.csv"
FORMAT = "7.0"
STATE, START, STOP = "State event", "START", "STOP"
#: Independent variables of an observation.
SEQUENCE, CODER, SCALE = "sequence", "coder", "scale"
NO_SUBJECT = "No focal subject"

"""The administrator's side: who is on the staff, what they may reach, and what was looked at.

roster.py    people: accounts and `staff/UID`
entries.py   the audit, filtered and as a table for other programs
"""

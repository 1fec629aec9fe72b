"""Who somebody is, and what they may reach: everything of the dashboard that decides it.

    guard.py      outermost: host, origin, size and time of a request; whose visit it is; headers of the answer
    door.py       sign-in, second factor, first account, lock, password, sign-out: small pages without a script
    visits.py     sign-ins, held on the server: idle lock, end, role and account looked at twice a minute
    identities.py what the door asks: LocalIdentity (local.py, users.py) or FirebaseIdentity (firebase.py)
    audit.py      an entry for every look at a patient

What somebody may read and write is decided by the database's rules, for the token of whoever is signed in; nothing
here is above them, but for making the first account of a local database (`founding.py`).
"""

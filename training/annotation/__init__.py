"""Coding: people see pictures and say which facial actions they see, and everything that follows from that.

    pictures, faces of a study, videos ─► sequences ─► the page ─► a project (SQLite) ─► files, agreement
    sources/, media/                     coding.py     page/       project.py            files/, agreement/

    acts.py ─► states.py, effects.py ─► journal.py ─► tables.py in database.py;   catalog.py: what there is to code

A project is a folder with `project.db`, in which every act of every coder stands, and nothing is ever overwritten.
**Pictures of faces are personal data**: they stay where they are (FER2013's rows alone are unpacked into the project),
nothing is sent, the page answers this machine alone, and the project is noted so that a person can be erased from it.
"""

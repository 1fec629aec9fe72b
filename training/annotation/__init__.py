"""Coding: people see pictures and say which facial actions they see, and everything that follows from that.

    pictures, faces of a study, videos ─► sequences ─► the page ─► a project (SQLite) ─► files, agreement
    sources.py                           coding.py     page/       project.py            files/, agreement/

A project is a folder: `project.db`, and nothing else that matters. **Pictures of faces are personal data**: they
stay where they are, nothing is copied or sent, and the page answers this machine alone.
"""

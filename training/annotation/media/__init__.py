"""The pictures of what is coded: files, arrays, and exact frames of videos.

    project ─► media.py ─► pictures.py (files)
                       └─► films.py (held, and ahead of the coder) ─► decoder.py ─► index.py (where each frame is)

What is held in memory is bounded (`cache.py`).
"""

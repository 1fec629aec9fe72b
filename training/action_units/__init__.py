"""Action units from the appearance of real, annotated faces, for those who hold such data.

    DISFA, BP4D, HRM or a csv ─► recordings ─► crops, as the box sees them ─► data.npz ─► folds ─► a run for each fold
    layouts.py                   recording.py  crops.py                       data.py     folds.py train.py
    ─► evaluate.py (the papers' tables)  export.py (a bundle for the box)  predict.py (csv)

The data themselves are restricted: crops of faces are personal data, `data.npz` is readable by its owner only, and
nothing is sent anywhere. What an annotator did not code is unknown, and unknown is never taken for absent: it has no
part in losses and figures.
"""

"""Videos of a study become aligned faces, each participant on one side of the split only.

    videos ─► participants ─► split ─► frames, at a rate ─► faces, as the box sees them ─► one file a video ─► index
    study.py                  split.py frames.py            task.py over cores, spread.py  store.py            index.py

    DIR/split.json             which participant belongs to which part
    DIR/index.csv              video, participant, label, part, seconds, frames, faces, dropped by reason, file
    DIR/faces/VIDEO.npz        crops, times, presence, and what made them; see store.py

**Crops of faces are personal data**, of patients perhaps: DIR is closed to everybody else on the machine (mode 0700),
nothing is written outside it, and a participant who withdraws is removed by removing the files named in the index.
"""

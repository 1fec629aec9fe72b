"""Faces of two made-up people, as `affectbox-training faces` leaves them, and options of a short training."""

import csv
from pathlib import Path

import numpy as np

TINY = ["--set", "epochs=2", "--set", "keep=[0,1]", "--set", "batch=32", "--set", "network.widths=[4,4,8,8]"]
TINY += ["--set", "network.painter=4", "--set", "optimizer.warmup=0"]


def mouths(folder: Path) -> Path:
    """p-1 and p-2, whose mouth, a dark bar, opens and shuts: 125 s each, at four frames a second; in `folder`."""
    rows = []
    for number, name in enumerate(("p-1", "p-2")):
        rng, times = np.random.default_rng(number), np.arange(0, 125, 0.25)
        crops = np.full((len(times), 48, 48), 150 + 20 * number, np.uint8)
        crops[:, 14:18, 8:40] = 60
        for crop, open_ in zip(crops, np.rint(4 + 3 * np.sin(times * 2)).astype(int), strict=True):
            crop[34 - open_ : 34 + open_, 16:32] = 40
        crops = (crops + rng.normal(0, 2, crops.shape)).astype(np.uint8)
        path = folder / "faces" / name / "one.mp4.npz"
        path.parent.mkdir(parents=True)
        np.savez(path, crops=crops, times=times, presence=np.ones(len(times), np.float32))
        told = {"label": "", "part": "train", "frames": len(times), "faces": len(times)}
        rows.append({"video": f"{name}/one.mp4", "participant": name, **told, "file": str(path.relative_to(folder))})
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder

"""Draws the pictures of docs/digital-face.md. `python docs/digital_face.py` makes them anew."""

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot
from matplotlib.colors import ListedColormap, Normalize
from PIL import Image

from cloud.face.heat import colour_table, heat_map, top_of
from cloud.face.mesh import load_face
from cloud.face.painter import Picture, paint

FOLDER = Path(__file__).parent
SIZE, MARGIN = 360, 52  # pixels; of each picture, what stands beside the head is left out
GROUND = "#f6f7f8"


def weights(**units: float) -> dict[str, float]:
    """Targets of both sides for a unit that has sides."""
    targets = load_face().targets
    return {
        name: value
        for unit, value in units.items()
        for name in ((unit,) if unit in targets else (f"{unit}_L", f"{unit}_R"))
    }


FACES = (
    ("smile · AU6 + AU12 + AU25", weights(AU6=0.7, AU12=0.85, AU25=0.6), {}),
    ("at rest", {}, {}),
    ("jaw drop · AU25 + AU26", weights(AU26=0.8, AU25=0.5), {}),
    ("wink of the left eye · AU43, AU12 left", weights(AU43_L=1.0, AU6_L=0.8, AU12_L=0.6), {"yaw": 8, "roll": 6}),
    ("brows raised · AU1 + AU2 + AU5", weights(AU1=0.9, AU2=0.9, AU5=0.6), {}),
    ("disgust · AU4 + AU9 + AU10 + AU17", weights(AU9=0.9, AU10=0.5, AU17=0.4, AU4=0.5), {"yaw": -12}),
    (
        "sadness · AU1 + AU4 + AU15 + AU17, eyes down",
        weights(AU1=0.9, AU4=0.6, AU15=0.8, AU17=0.5, AD64=0.4),
        {"pitch": -8},
    ),
    ("not measured: turned away", {}, {"faded": True}),
)


def main() -> None:
    face = load_face()
    faces = [(title, paint(face, of, size=SIZE, **how)) for title, of, how in FACES]
    save(rows([trimmed(picture) for _, picture in faces], [title for title, _ in faces], 4), "digital-face.png")
    still = dict.fromkeys(face.targets, 0.0)
    smiling = still | weights(AU6=0.17, AU12=0.26, AU25=0.17, AU43=0.05, AU1=0.04)
    lopsided = still | {"AU12_L": 0.27} | weights(AU4=0.2, AU15=0.06)
    covered = {
        name: share for name, share in (still | weights(AU1=0.2, AU2=0.15, AU4=0.1, AU43=0.06)).items() if upper(name)
    }
    titles = "much smiling", "smiles of the left side, lowered brows", "mouth and chin were hidden: hatched"
    maps = [(heat_map(one, SIZE), top_of(one)) for one in (smiling, lopsided, covered)]
    save(rows([trimmed(picture) for picture, _ in maps], titles, 3, [top for _, top in maps]), "digital-face-heat.png")


def upper(name: str) -> bool:
    """Whether a target is of brows, eyes and nose."""
    return name.startswith("AD") or name.partition("_")[0] in ("AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9", "AU43")


def trimmed(picture: Picture) -> Picture:
    return picture[:, MARGIN // 2 : SIZE - MARGIN // 2]


def rows(pictures: Sequence[Picture], titles: Sequence[str], columns: int, tops: Sequence[float] = ()) -> Picture:
    """The pictures under their titles, with a colour bar where there are `tops`."""
    high, wide = pictures[0].shape[:2]
    count = -(-len(pictures) // columns)
    bar, title = (66 if tops else 0), 30
    total = columns * (wide + bar), count * (high + title)
    figure = pyplot.figure(figsize=(total[0] / 100, total[1] / 100), dpi=100, facecolor=GROUND)
    for at, (picture, text) in enumerate(zip(pictures, titles, strict=True)):
        left, top = at % columns * (wide + bar), at // columns * (high + title)
        place = left / total[0], 1 - (top + title + high) / total[1], wide / total[0], high / total[1]
        axes = figure.add_axes(place)
        axes.imshow(picture)
        axes.axis("off")
        figure.text(
            (left + wide / 2) / total[0],
            1 - (top + title * 0.62) / total[1],
            text,
            ha="center",
            va="center",
            size=9.5,
            color="#333",
        )
        if tops:
            beside = (
                (left + wide + 4) / total[0],
                1 - (top + title + high * 0.82) / total[1],
                12 / total[0],
                high * 0.64 / total[1],
            )
            scale = mpl.cm.ScalarMappable(Normalize(0, tops[at]), ListedColormap(colour_table() / 255))
            line = figure.colorbar(scale, cax=figure.add_axes(beside))
            line.ax.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, 0))
            line.ax.tick_params(labelsize=8, colors="#333")
            line.outline.set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", facecolor=GROUND)
    pyplot.close(figure)
    return np.asarray(Image.open(file).convert("RGB"))


def save(picture: Picture, name: str) -> None:
    Image.fromarray(picture).save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()

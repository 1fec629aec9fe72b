"""A face model in the form of ICT-FaceKit that has the digital face's own vertices, and two made-up identities."""

from pathlib import Path

import numpy as np

from cloud.face.mesh import load_face
from training.face.bake.eyes import CENTRE
from training.face.bake.head import PIVOT
from training.face.facekit import NEUTRAL
from training.face.heads import Heads

#: Shapes of which the digital face at rest is made; here they move nothing, for its vertices are at rest already.
_REST = ("mouthLowerDown", "mouthUpperUp")


def heads() -> Heads:
    """The model: with identities that make the whole head wider, and longer."""
    face = load_face()
    places = face.vertices + PIVOT
    skin = np.ones(len(places), bool)
    first, number = face.parts["eyes"]
    skin[first : first + number] = False
    polygons = {}
    for sign, name in ((1, "Left"), (-1, "Right")):
        eye = [*np.flatnonzero(np.linalg.norm(places - CENTRE * (sign, 1, 1), axis=1) < 2.0).tolist()]
        polygons[f"M_Sclera{name}"] = [tuple(eye[at : at + 4]) for at in range(0, len(eye) - 4, 4)]
    wider, longer = (np.zeros_like(places) for _ in range(2))
    wider[:, 0], longer[:, 1] = 0.04 * places[:, 0], 0.04 * places[:, 1]
    nothing = dict.fromkeys(_REST, np.zeros_like(places))
    return Heads(places, nothing, np.array([wider, longer], np.float32), polygons)


def write(folder: Path) -> Path:
    """The same as a folder of meshes."""
    model = heads()
    folder.mkdir(parents=True)
    corners = [
        line
        for material, polygons in model.polygons.items()
        for line in (f"usemtl {material}", *("f " + " ".join(str(one + 1) for one in p) for p in polygons))
    ]
    moved = {f"identity{number:03d}": one for number, one in enumerate(model.identities)}
    for name, by in {NEUTRAL: np.float32(0), **model.shapes, **moved}.items():
        with (folder / f"{name}.obj").open("w") as file:
            np.savetxt(file, model.neutral + by, "v %.4f %.4f %.4f")
            if name == NEUTRAL:
                file.write("\n".join(corners) + "\n")
    return folder

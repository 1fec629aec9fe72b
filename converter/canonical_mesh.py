"""Reads the canonical face mesh out of MediaPipe's geometry metadata (a protocol-buffer message).

`GeometryPipelineMetadata` field 1 is a `Mesh3d`, whose field 3 is `vertex_buffer`: five floats a vertex (x, y, z in
centimetres, then texture u, v). Its field 2 repeats `WeightedLandmarkRef` (1: landmark id, 2: weight), the points on
which a rigid pose is fitted. Source: MediaPipe `geometry_pipeline_metadata.proto`, `mesh_3d.proto`.
"""

import json
import struct
from collections.abc import Iterator

from device.contract.errors import FetchError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def canonical_mesh_json(metadata: bytes) -> bytes:
    """`{"points": [[x, y, z] × 468], "pose_weights": {point: weight}}`, centimetres, x right, y up, z to the viewer.

    Raises:
        FetchError: the message has no such mesh.
    """
    points: list[tuple[float, ...]] = []
    weights: dict[int, float] = {}
    try:
        for number, value in _fields(metadata):
            if number == 1 and isinstance(value, bytes):
                points = _vertices(value)
            elif number == 2 and isinstance(value, bytes):
                reference = dict(_fields(value))
                weights[int(reference.get(1, 0))] = struct.unpack("<f", bytes(reference[2]))[0]
    except (struct.error, IndexError, KeyError) as error:
        raise FetchError("The canonical face mesh cannot be read: fetch the models again.") from error
    if len(points) != 468 or not weights:
        raise FetchError("The canonical face mesh is incomplete: fetch the models again.")
    return json.dumps({"points": points, "pose_weights": weights}).encode()


def _vertices(mesh: bytes) -> list[tuple[float, ...]]:
    floats: list[float] = []
    for number, value in _fields(mesh):
        if number == 3 and isinstance(value, bytes):
            floats += struct.unpack(f"<{len(value) // 4}f", value)
    return [tuple(round(v, 4) for v in floats[i : i + 3]) for i in range(0, len(floats), 5)]


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}[kind]
        yield tag >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at

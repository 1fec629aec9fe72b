"""Reading of binary glTF 2.0, of exactly the subset that the digital face is written in: one buffer, no URI."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_TYPES = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass(frozen=True, eq=False)
class Glb:
    """The document and its one buffer."""

    json: dict[str, Any]
    data: bytes

    def array(self, number: int) -> Array:
        """An accessor's elements (count,) or (count, width). Raises `ValueError` beyond the buffer."""
        accessor = self.json["accessors"][number]
        return self._read(accessor, accessor["bufferView"], accessor["componentType"], accessor["count"])

    def sparse(self, number: int) -> tuple[Array, Array]:
        """Indices (K,) and elements (K, width) of an accessor that is 0 elsewhere."""
        accessor = self.json["accessors"][number]
        if "bufferView" in accessor:
            raise ValueError("a target that is not sparse")
        sparse = accessor["sparse"]
        indices, values = sparse["indices"], sparse["values"]
        scalars = {"type": "SCALAR"}
        return (
            self._read(scalars, indices["bufferView"], indices["componentType"], sparse["count"]),
            self._read(accessor, values["bufferView"], accessor["componentType"], sparse["count"]),
        )

    def _read(self, accessor: dict[str, Any], view_number: int, component: int, count: int) -> Array:
        view, kind = self.json["bufferViews"][view_number], np.dtype(_TYPES[component])
        width = _WIDTHS[accessor["type"]]
        stride = view.get("byteStride", kind.itemsize * width)
        begin, length = view.get("byteOffset", 0), view["byteLength"]
        if begin < 0 or begin + length > len(self.data) or count * stride > length or stride < kind.itemsize * width:
            raise ValueError("an array reaches beyond the file")
        shape, strides = (count, width), (stride, kind.itemsize)
        found = np.ndarray(shape, kind.newbyteorder("<"), self.data, begin, strides)
        return found[:, 0].copy() if width == 1 else found.copy()


def open_glb(path: Path) -> Glb:
    """Read a file. Raises `OSError`, and `ValueError` when it is not binary glTF 2.0 or is cut short."""
    content = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", content) if len(content) >= 12 else (b"", 0, 0)
    if magic != b"glTF" or version != 2:
        raise ValueError("not binary glTF 2.0")
    chunks, at = {}, 12
    while at + 8 <= length == len(content):
        size, kind = struct.unpack_from("<I4s", content, at)
        chunks[kind] = content[at + 8 : at + 8 + size]
        at += 8 + size
    if at != length or set(chunks) != {b"JSON", b"BIN\0"}:
        raise ValueError("cut short")
    return Glb(json.loads(chunks[b"JSON"]), chunks[b"BIN\0"])

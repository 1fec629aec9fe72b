"""What a network asks of a processor: multiply-adds, and bytes moved, operator by operator.

A convolution's multiply-adds are those of its kernel at each place of its output; what only adds, compares or copies
has none, and costs the bytes that it moves. Bytes are those of each operator's inputs, constants too, and outputs:
what goes through the caches at least once, and through memory if they are small.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from converter.flatbuffer import TYPES, operator_name, read_flatbuffer


@dataclass(frozen=True)
class Operation:
    """One operator: its name, multiply-adds, bytes moved, and whether it multiplies integers."""

    name: str
    macs: int
    moved: int
    integer: bool


def operations(model: bytes, where: str) -> list[Operation]:
    """The operators of the main subgraph in the order in which they run. Raises `ConversionError`."""
    return list(_operations(read_flatbuffer(model, where)))


def _operations(model: Any) -> Iterator[Operation]:
    graph = model.subgraphs[0]
    constant = {at for at, tensor in enumerate(graph.tensors) if model.buffers[tensor.buffer].data is not None}
    for operator in graph.operators:
        name = operator_name(model.operatorCodes[operator.opcodeIndex])
        inputs = [int(at) for at in operator.inputs if at >= 0]
        if inputs and constant.issuperset(inputs):  # widened or reshaped once, when the network is loaded
            constant.update(int(at) for at in operator.outputs)
            continue
        tensors = [graph.tensors[at] for at in (*inputs, *operator.outputs)]
        macs = _macs(name, [_shape(graph.tensors[at]) for at in inputs], _shape(graph.tensors[operator.outputs[0]]))
        kind = TYPES[graph.tensors[operator.outputs[0]].type]
        yield Operation(name, macs, sum(map(_bytes, tensors)), kind.startswith(("int", "uint")))


def _macs(name: str, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> int:
    if name in ("CONV_2D", "FULLY_CONNECTED"):  # kernels: output channel first
        return prod(output) * prod(inputs[1][1:])
    if name == "DEPTHWISE_CONV_2D":  # 1 × height × width × channels
        return prod(output) * prod(inputs[1][1:3])
    if name == "TRANSPOSE_CONV":  # shape of the output, kernel, input
        return prod(inputs[2]) * prod(inputs[1][:3])
    return 0


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in tensor.shape) if tensor.shape is not None else ()


def _bytes(tensor: Any) -> int:
    return int(prod(_shape(tensor)) * np.dtype(TYPES[tensor.type]).itemsize)

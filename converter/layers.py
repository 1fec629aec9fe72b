"""Where quantization hurts: the same tensor in the float and in the quantized network, by name."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from converter.rows import Floats
from device.contract.manifest import InputSpec
from device.runtime.model import quantize
from device.runtime.quiet import native_chatter_silenced


@dataclass(frozen=True)
class Layer:
    """`error` is the root mean square error of a tensor over that of its values: 0 exact, 1 as good as zeros."""

    name: str
    error: float


def worst_layers(exact: bytes, quantized: bytes, spec: InputSpec, x: Floats, count: int = 8) -> list[Layer]:
    """The tensors that differ most, worst first; those that the converter renamed or fused away are left out.

    Args:
        exact: the float network.
        quantized: the same in another scheme.
        spec: input of `quantized`.
        x: rows of real inputs; a dozen will do.
        count: how many to name.
    """
    squares: dict[str, list[float]] = {}
    reference, other = _network(exact), _network(quantized)
    for row in x:
        true, rough = _tensors(reference, row[None]), _tensors(other, quantize(row[None], spec))
        for name in true.keys() & rough.keys():
            if true[name].shape == rough[name].shape:
                sums = squares.setdefault(name, [0.0, 0.0])
                sums[0] += float(((true[name] - rough[name]) ** 2).sum())
                sums[1] += float((true[name] ** 2).sum())
    layers = [Layer(name, (wrong / all_) ** 0.5) for name, (wrong, all_) in squares.items() if all_ > 0]
    return sorted(layers, key=lambda layer: -layer.error)[:count]


def _network(model: bytes) -> Any:
    with native_chatter_silenced(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that keeping every tensor is for debugging
        network = Interpreter(
            model_content=model,
            num_threads=1,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        network.allocate_tensors()
    return network


def _tensors(network: Any, value: NDArray[Any]) -> dict[str, Floats]:
    """Real values of every tensor that an operator computes."""
    network.set_tensor(network.get_input_details()[0]["index"], value)
    network.invoke()
    computed = {index for operator in network._get_ops_details() for index in operator["outputs"]}
    found = {}
    for detail in network.get_tensor_details():
        scale, zero_point = detail["quantization"]
        raw = network.get_tensor(detail["index"]) if detail["index"] in computed else None
        if raw is not None and (scale or raw.dtype == np.float32):
            real = (raw.astype(np.float32) - zero_point) * scale if scale else raw
            found[detail["name"]] = np.asarray(real, np.float32)
    return found

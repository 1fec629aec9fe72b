"""Bundles for diagnosis support whose network is one layer written down by hand: nobody was measured for them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converter.bundle import Sign, write_bundle
from device.contract.evidence import KEY, Evidence, Interval
from device.contract.features import SESSION, VERSION
from device.contract.manifest import InputSpec, Manifest, OutputSpec
from device.contract.support_file import SupportFile
from device.contract.tasks import DIAGNOSIS_SUPPORT, SUPPORT

COLUMNS = tuple(f"{SESSION}/{name}" for name in ("aus.AU12.mean", "aus.AU6.mean", "emotions.entropy", "head.speed"))
GROUPS = ("control", "mdd")
#: Who smiles less than .5 is the likelier to be of the second group.
WEIGHTS = np.array([[4.0, 0.0, 0.0, 0.0], [-4.0, 0.0, 0.0, 0.0]])
FILE = SupportFile(
    feature_version=VERSION,
    columns=COLUMNS,
    fill=(0.5, 0.5, 2.5, 4.0),
    centre=(0.5, 0.5, 2.5, 4.0),
    scale=(0.25, 0.25, 0.5, 2.0),
    clip=4.0,
    least_seconds=30.0,
    least_coverage=0.5,
    least_measured=0.75,
    outside=9.0,
    quantiles={"control": 0.8, "mdd": 0.9},
)
EVIDENCE = Evidence(
    supported=True,
    unsupported=(),
    population="simulated adults, nobody",
    n=120,
    sites=2,
    groups={"control": 70, "mdd": 50},
    phases=(SESSION,),
    balanced_accuracy=Interval(0.72, 0.64, 0.8),
    alpha=0.1,
    coverage_of_sets=Interval(0.91, 0.88, 0.94),
    answered=0.4,
    simulated=True,
    p_value=0.001,
    permutations=1000,
    confounds=Interval(0.5, 0.42, 0.58),
    answered_right=Interval(0.81, 0.7, 0.9),
    held={"control": Interval(0.94, 0.88, 0.99), "mdd": Interval(0.82, 0.7, 0.92)},
)


def network(
    weights: np.ndarray,
    bias: np.ndarray,
    int8: bool = False,
    clip: float = 4.0,
    shape: tuple[int, ...] | None = None,
) -> bytes:
    """A .tflite file of one layer: (1, K) values within ±clip → (1, C) `weights @ x + bias`; weights (C, K). `shape`:
    of its input, where that is another one of as many values."""
    groups, count = weights.shape
    shape = shape or (1, count)
    if not int8:
        tensors = [
            ("features", shape, np.float32, None, 0.0),
            ("weights", weights.shape, np.float32, weights, 0.0),
        ]
        tensors += [("bias", (groups,), np.float32, bias, 0.0), ("groups", (1, groups), np.float32, None, 0.0)]
        return _written(tensors)
    steps = (
        clip / 127,
        np.abs(weights).max() / 127,
        float(clip * np.abs(weights).sum(1).max() + np.abs(bias).max()) / 127,
    )
    tensors = [("features", shape, np.int8, None, steps[0])]
    tensors += [("weights", weights.shape, np.int8, np.rint(weights / steps[1]), steps[1])]
    tensors += [("bias", (groups,), np.int32, np.rint(bias / (steps[0] * steps[1])), steps[0] * steps[1])]
    return _written([*tensors, ("groups", (1, groups), np.int8, None, steps[2])])


def support_bundle(
    parent: Path,
    *,
    file: SupportFile = FILE,
    evidence: Evidence | dict[str, Any] | None = EVIDENCE,
    weights: np.ndarray = WEIGHTS,
    int8: bool = False,
    content: bytes | None = None,
    sign: Sign | None = None,
    **changes: Any,
) -> Path:
    """A bundle `simulated-1.0.0`; `content`: of support.json, as it is; `changes`: of its manifest."""
    groups, count = weights.shape
    scale = (4.0 / 127, float(4.0 * np.abs(weights).sum(1).max()) / 127) if int8 else (0.0, 0.0)
    dtype = "int8" if int8 else "float32"
    manifest = Manifest(
        name="simulated",
        version="1.0.0",
        task=DIAGNOSIS_SUPPORT,
        input=InputSpec((1, count), dtype, "none", "features", scale=float(np.float32(scale[0]))),
        outputs=(
            OutputSpec(
                "groups", (1, groups), dtype, float(np.float32(scale[1])), 0, GROUPS, "softmax", temperature=2.0
            ),
        ),
        provenance={"data": "made up"},
        intended_use="tests",
        forbidden_use="everything else",
        receipt={} if evidence is None else {KEY: evidence.to_json() if isinstance(evidence, Evidence) else evidence},
    )
    extras = {SUPPORT: file.to_bytes() if content is None else content}
    data = network(weights, np.zeros(groups), int8)
    return write_bundle(parent, replace(manifest, **changes), data, "# made up", extras, sign)


def _written(tensors: list[tuple[str, tuple[int, ...], type, np.ndarray | None, float]]) -> bytes:
    model = schema.ModelT()
    model.version, model.description = 3, "made by hand"
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 4
    graph = schema.SubGraphT()
    model.buffers, graph.tensors = [schema.BufferT()], []
    for name, shape, dtype, data, scale in tensors:
        buffer = schema.BufferT()
        if data is not None:
            buffer.data = np.frombuffer(data.astype(dtype).tobytes(), np.uint8)
        model.buffers.append(buffer)
        graph.tensors.append(_tensor(name, shape, dtype, len(model.buffers) - 1, scale))
    layer = schema.OperatorT()
    layer.opcodeIndex, layer.inputs, layer.outputs = 0, [0, 1, 2], [3]
    layer.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    layer.builtinOptions = schema.FullyConnectedOptionsT()
    graph.inputs, graph.outputs, graph.operators = [0], [3], [layer]
    model.operatorCodes, model.subgraphs = [code], [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(name: str, shape: tuple[int, ...], dtype: type, buffer: int, scale: float) -> Any:
    tensor = schema.TensorT()
    kinds = {np.float32: schema.TensorType.FLOAT32, np.int8: schema.TensorType.INT8, np.int32: schema.TensorType.INT32}
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), kinds[dtype], buffer
    if scale:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [0]
    return tensor

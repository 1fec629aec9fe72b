"""What a .tflite file says of itself, read from the flatbuffer (ai-edge-litert brings the schema).

Source: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract.errors import ConversionError

try:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema
except ImportError as error:
    raise ConversionError("ai-edge-litert is not installed: pip install ai-edge-litert.") from error

_OPERATORS = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
TYPES = {code: name.lower() for name, code in vars(schema.TensorType).items() if isinstance(code, int)}
_IDENTIFIER = b"TFL3"
SIGNATURE_KEY = "serving_default"


@dataclass(frozen=True)
class TensorInfo:
    """An input or output; `names` are the signature's name for it, if there is a signature, and the tensor's own.

    `open` are the dimensions that the file leaves open; `shape` is what they are until someone changes them.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int
    open: tuple[int, ...]


@dataclass(frozen=True)
class Interface:
    """What goes in and out of the main subgraph, and the signature's key when there is one."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    signature: str | None


def interface(model: bytes, where: str) -> Interface:
    """Inputs and outputs of a .tflite file. Raises `ConversionError`, naming `where`: not such a file."""
    parsed = read_flatbuffer(model, where)
    graph = parsed.subgraphs[0]
    signatures = parsed.signatureDefs or []
    named = {"inputs": {}, "outputs": {}}  # type: dict[str, dict[int, str]]
    for side, names in named.items():
        for pair in getattr(signatures[0], side) or [] if signatures else []:
            names[pair.tensorIndex] = _text(pair.name)
    return Interface(
        inputs=tuple(_info(graph.tensors[i], named["inputs"].get(i)) for i in graph.inputs),
        outputs=tuple(_info(graph.tensors[i], named["outputs"].get(i)) for i in graph.outputs),
        signature=_text(signatures[0].signatureKey) if signatures else None,
    )


def operator_counts(model: bytes, where: str) -> Counter[str]:
    """How often each operator occurs, custom ones as `CUSTOM:name`. Raises `ConversionError`."""
    parsed = read_flatbuffer(model, where)
    return Counter(
        operator_name(parsed.operatorCodes[operator.opcodeIndex])
        for graph in parsed.subgraphs
        for operator in graph.operators
    )


@dataclass(frozen=True, eq=False)
class Layer:
    """A convolution or fully connected layer as real numbers, whatever they are stored in.

    kernel: height × width × in × out, or in × out; bias: (out,); output: position among the network's outputs, or -1.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    output: int


def layers(model: bytes, where: str) -> list[Layer]:
    """The convolutions and fully connected layers in the order in which they run. Raises `ConversionError`."""
    parsed = read_flatbuffer(model, where)
    graph, found = parsed.subgraphs[0], []
    for operator in graph.operators:
        name = operator_name(parsed.operatorCodes[operator.opcodeIndex])
        if name not in ("CONV_2D", "FULLY_CONNECTED"):
            continue
        at = [int(tensor) for tensor in operator.inputs]
        kernel = np.moveaxis(_real(parsed, graph.tensors[at[1]]), 0, -1)  # files put the outputs first
        without = len(at) < 3 or at[2] < 0
        bias = np.zeros(kernel.shape[-1], np.float32) if without else _real(parsed, graph.tensors[at[2]])
        outputs = [int(tensor) for tensor in graph.outputs]
        position = outputs.index(operator.outputs[0]) if operator.outputs[0] in outputs else -1
        found.append(Layer(kernel, bias, position))
    return found


def _real(parsed: Any, tensor: Any) -> NDArray[np.float32]:
    """A constant as real numbers, its quantization undone."""
    data = np.asarray(parsed.buffers[tensor.buffer].data, np.uint8).tobytes()
    values = np.frombuffer(data, TYPES[tensor.type]).reshape(tuple(tensor.shape)).astype(np.float32)
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None or not len(quantization.scale):
        return values
    shape = [1] * values.ndim
    shape[quantization.quantizedDimension] = len(quantization.scale)
    zero = np.asarray(quantization.zeroPoint, np.float32).reshape(shape)
    return (values - zero) * np.asarray(quantization.scale, np.float32).reshape(shape)


def prepare(model: bytes, where: str) -> bytes:
    """The same network in the form that a quantizer understands.

    Float16 constants become float32 ones (MediaPipe's files widen each by a DEQUANTIZE operator), what was left open
    is fixed at its present size, operators stand where newer files have them, and a file without a signature gets one
    that names its tensors.
    """
    parsed = read_flatbuffer(model, where)
    narrow: list[Any] = []
    for graph in parsed.subgraphs:
        graph.operators = [operator for operator in graph.operators if not _folded(parsed, graph, operator, narrow)]
        for tensor in graph.tensors:
            tensor.shapeSignature = None
    for code in parsed.operatorCodes:
        code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
    _shrink(parsed, narrow)
    if not parsed.signatureDefs:
        parsed.signatureDefs = [_signature(parsed.subgraphs[0])]
    builder = flatbuffers.Builder(len(model) * 2)
    builder.Finish(parsed.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def _signature(graph: Any) -> Any:
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE_KEY, 0
    for side, indices in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        pairs = []
        for index in indices:
            pair = schema.TensorMapT()
            pair.name, pair.tensorIndex = _text(graph.tensors[index].name), index
            pairs.append(pair)
        setattr(signature, side, pairs)
    return signature


def _folded(parsed: Any, graph: Any, operator: Any, narrow: list[Any]) -> bool:
    """Whether `operator` only widened a constant, whose result is then a constant; the narrow one joins `narrow`."""
    if operator_name(parsed.operatorCodes[operator.opcodeIndex]) != "DEQUANTIZE":
        return False
    source, target = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    data = parsed.buffers[source.buffer].data
    if source.type != schema.TensorType.FLOAT16 or data is None:
        return False
    wide = schema.BufferT()
    wide.data = np.frombuffer(np.asarray(data, np.uint8).tobytes(), np.float16).astype(np.float32).view(np.uint8)
    parsed.buffers.append(wide)
    target.buffer = len(parsed.buffers) - 1
    narrow.append(source)
    return True


def _shrink(parsed: Any, unused: list[Any]) -> None:
    """Make constants that nobody uses any more as small as a quantizer, which reads every tensor, can bear."""
    if not unused:
        return
    zero = schema.BufferT()
    zero.data = np.zeros(4, np.uint8)
    parsed.buffers.append(zero)
    for tensor in unused:
        parsed.buffers[tensor.buffer].data = None
        tensor.shape, tensor.type, tensor.buffer = [1], schema.TensorType.FLOAT32, len(parsed.buffers) - 1


def read_flatbuffer(model: bytes, where: str) -> Any:
    """The file as the schema has it. Raises `ConversionError`, naming `where`."""
    if model[4:8] != _IDENTIFIER:
        raise ConversionError(f"{where} is no .tflite model.")
    try:
        parsed = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
        if not parsed.subgraphs:
            raise ValueError
    except Exception as error:  # the parser raises whatever a broken offset leads to
        raise ConversionError(f"{where} is no whole .tflite model.") from error
    return parsed


def _info(tensor: Any, name: str | None) -> TensorInfo:
    quantization = tensor.quantization
    scaled = quantization is not None and quantization.scale is not None and len(quantization.scale) == 1
    signature = tensor.shapeSignature
    return TensorInfo(
        names=(*([name] if name else []), _text(tensor.name)),
        shape=tuple(int(n) for n in (tensor.shape if tensor.shape is not None else ())),
        dtype=TYPES[tensor.type],
        scale=float(quantization.scale[0]) if scaled else 0.0,
        zero_point=int(quantization.zeroPoint[0]) if scaled else 0,
        open=tuple(i for i, n in enumerate(signature if signature is not None else ()) if n < 0),
    )


def operator_name(code: Any) -> str:
    name = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
    return f"CUSTOM:{_text(code.customCode)}" if name == "CUSTOM" else name


def _text(value: bytes | str | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""

"""Samples as Prometheus reads them: the text format, version 0.0.4.

Source: prometheus.io/docs/instrumenting/exposition_formats.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from device.monitor.names import METRICS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NO_LABELS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Sample:
    """One value; `part` is `_sum` or `_count` of a summary."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS)
    part: str = ""


def text(samples: Iterable[Sample]) -> str:
    """All families that have samples, in the order of `METRICS`."""
    by_name: dict[str, list[Sample]] = {}
    for sample in samples:
        by_name.setdefault(sample.name, []).append(sample)
    lines = []
    for metric in METRICS:
        if found := by_name.get(metric.name):
            lines += [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]
            lines += [_line(sample) for sample in found]
    return "\n".join(lines) + "\n"


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
    return f"{sample.name}{sample.part}{f'{{{labels}}}' if labels else ''} {_number(sample.value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    return str(int(value)) if float(value).is_integer() else repr(float(value))

"""`affectbox-converter inspect`: what a bundle is."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from converter.flatbuffer import operator_counts
from converter.operations import operations
from converter.verification import signature
from device.contract.errors import ModelError
from device.contract.evidence import Evidence, Interval, Told
from device.contract.manifest import Manifest, OutputSpec, open_bundle
from device.contract.movement_evidence import MovementEvidence
from device.contract.personal_evidence import PersonalEvidence
from device.contract.tasks import ATYPICALITY, DIAGNOSIS_SUPPORT, PERSONAL_MOVEMENT, TYPICAL_MOVEMENT


def inspect(folder: Path, keys: Path | None) -> Iterator[str]:
    """What a person wants to know of a bundle, line by line, and its operators. Raises `ModelError`."""
    bundle = open_bundle(folder)
    manifest = bundle.manifest
    yield f"{manifest.id}: {manifest.task}, {len(bundle.model) / 1000:.1f} kB"
    yield from _evidence(manifest)
    yield f"For          {manifest.intended_use}"
    yield f"Not for      {manifest.forbidden_use}"
    yield from _tensors(manifest)
    for key, value in manifest.provenance.items():
        yield f"{key.capitalize().replace('_', ' '):<12} {value}"
    yield f"Signature    {signature(folder, keys)}"
    yield from _receipt(manifest.receipt)
    work = operations(bundle.model, str(folder))
    macs, moved = sum(each.macs for each in work), sum(each.moved for each in work)
    yield f"Work         {macs / 1e6:.1f} million multiply-adds, {moved / 1e6:.1f} MB moved"
    yield "Operators"
    for name, count in operator_counts(bundle.model, str(folder)).most_common():
        yield f"  {count:>5} × {name}"


def _evidence(manifest: Manifest) -> Iterator[str]:
    """Whether the evidence of a bundle that says something of people carries it, before everything else, and whose it
    is."""
    if manifest.task not in _EVIDENCE:
        return
    kind, whose = _EVIDENCE[manifest.task]
    try:
        found = kind.from_receipt(manifest.receipt, manifest.id)
    except ModelError as error:
        yield f"Evidence     {error}"
        return
    carried = "supports it" if found.supported else f"NOT SUPPORTED BY ITS EVIDENCE: {' '.join(found.unsupported)}"
    yield f"Evidence     {carried}"
    yield from whose(found)


def _of_groups(found: Evidence) -> Iterator[str]:
    """Of a bundle for diagnosis support."""
    sites = "one site" if found.sites == 1 else f"{found.sites} sites"
    yield f"People       {found.n}{' simulated' if found.simulated else ''} at {sites}: {found.population}"
    yield f"Ruled out    {_missed(found)}; aimed at: {100 * found.alpha:.3g} of 100"


def _of_movement(found: MovementEvidence) -> Iterator[str]:
    """Of a bundle that reads how a face moves."""
    raters = f", rated by up to {found.raters}" if found.raters else ""
    yield (
        f"People       {found.n}{' simulated' if found.simulated else ''}, {' or '.join(found.ages)} years old, in "
        f"{found.windows} windows{raters}: {found.population}"
    )
    yield from _figures(found.figures)


def _of_person(found: PersonalEvidence) -> Iterator[str]:
    """Of a bundle that learnt one person, who is not named."""
    yield (
        f"Person       one{', simulated' if found.simulated else ''}, seen for {found.seconds:.0f} s in "
        f"{found.recordings} recording{'' if found.recordings == 1 else 's'}: {found.faces} faces learnt from, "
        f"{found.held_out} held out; {found.movements} movements"
    )
    yield from _figures(found.figures)


def _figures(figures: Mapping[str, Interval]) -> Iterator[str]:
    for name, figure in figures.items():
        yield f"{'':<13}{name} {figure.value:.3g} ({figure.low:.3g} to {figure.high:.3g})"


#: Task → the evidence of its bundles, and what tells whose it is.
_EVIDENCE: dict[str, tuple[type[Told], Callable[[Any], Iterator[str]]]] = {
    DIAGNOSIS_SUPPORT: (Evidence, _of_groups),
    ATYPICALITY: (MovementEvidence, _of_movement),
    TYPICAL_MOVEMENT: (MovementEvidence, _of_movement),
    PERSONAL_MOVEMENT: (PersonalEvidence, _of_person),
}


def _missed(found: Evidence) -> str:
    """Of each group, how many of its own people were ruled out of it, with the 95 % interval."""
    missed = [
        f"{100 * (1 - one.value):.0f} of 100 ({100 * (1 - one.high):.0f} to {100 * (1 - one.low):.0f}) of {name}"
        for name, one in (found.held or {}).items()
    ]
    return f"wrongly {', '.join(missed)}" if missed else "how many wrongly was not measured"


def _tensors(manifest: Manifest) -> Iterator[str]:
    spec = manifest.input
    yield (
        f"Input        {_shape(spec.shape)} {spec.dtype}{_scale(spec.scale, spec.zero_point)}, {spec.colour}, "
        f"crop {spec.crop}, {spec.range[0]:g} to {spec.range[1]:g}"
    )
    yield from map(_output, manifest.outputs)


def _output(spec: OutputSpec) -> str:
    labels = f": {', '.join(spec.labels[:10])}{', …' if len(spec.labels) > 10 else ''}" if spec.labels else ""
    return (
        f"Output       {spec.name} {_shape(spec.shape)} {spec.dtype}{_scale(spec.scale, spec.zero_point)}, "
        f"{spec.activation}{f', {spec.unit}' if spec.unit else ''}{labels}"
    )


def _receipt(receipt: dict[str, Any]) -> Iterator[str]:
    if not receipt:
        yield "Receipt      none: accuracy is the publisher's claim"
        return
    yield "Receipt"
    for key, value in receipt.items():
        if isinstance(value, dict) and all(isinstance(inner, dict) for inner in value.values()):
            for name, figures in value.items():
                yield f"  {key}.{name}: {json.dumps(figures, ensure_ascii=False)}"
        else:
            yield f"  {key}: {json.dumps(value, ensure_ascii=False)}"


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _scale(scale: float, zero_point: int) -> str:
    return f" (scale {scale:.6g}, zero point {zero_point})" if scale else ""

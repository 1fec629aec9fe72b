"""From a recipe and the bytes of a network to a manifest: which tensor is which output."""

from collections.abc import Sequence
from typing import Any

from converter.flatbuffer import TensorInfo, interface
from converter.recipe import OutputRecipe, Recipe
from device.contract.errors import ConfigError, ConversionError
from device.contract.manifest import InputSpec, Manifest, OutputSpec


def describe(recipe: Recipe, model: bytes, provenance: dict[str, str]) -> Manifest:
    """The manifest of `model`, without receipt and hashes.

    Raises:
        ConversionError: the network has several inputs.
        ConfigError: the recipe's outputs are not those of the network.
    """
    found = interface(model, "The converted network")
    if len(found.inputs) != 1:
        raise ConversionError(f"The converted network has {len(found.inputs)} inputs; a bundle's network has one.")
    tensor = found.inputs[0]
    outputs = match(recipe.outputs, [(output.names, output.shape) for output in found.outputs])
    low, high = recipe.input.range
    return Manifest(
        name=recipe.name,
        version=recipe.version,
        task=recipe.task,
        input=InputSpec(
            shape=tensor.shape,
            dtype=tensor.dtype,
            colour=recipe.input.colour,
            crop=recipe.input.crop,
            scale=tensor.scale,
            zero_point=tensor.zero_point,
            range=(low, high),
            margin=recipe.input.margin,
        ),
        outputs=tuple(_output(spec, info) for spec, info in zip(outputs, found.outputs, strict=True)),
        provenance=recipe.provenance | provenance,
        intended_use=recipe.intended_use,
        forbidden_use=recipe.forbidden_use,
    )


def match(wanted: Sequence[OutputRecipe], found: Sequence[tuple[Sequence[str], Sequence[int]]]) -> list[OutputRecipe]:
    """The recipe's output for each of the network's, in the network's order.

    By the tensor's name where the recipe gives one, else by the output's name, else by the number of labels, else the
    only one that is left.

    Args:
        wanted: the recipe's outputs.
        found: names and shape of each of the network's outputs.

    Raises:
        ConfigError: not the same number, or not to be told apart.
    """
    have = "; ".join(f"{names[0]} {'×'.join(map(str, shape))}" for names, shape in found)
    if len(wanted) != len(found):
        raise ConfigError(f"The recipe has {len(wanted)} outputs and the network has {len(found)}: {have}.")
    places: dict[int, OutputRecipe] = {}
    for fits in (_by_name, _by_labels, _by_elimination):
        for output in wanted:
            free = [i for i in range(len(found)) if i not in places and fits(output, *found[i])]
            if output not in places.values() and len(free) == 1:
                places[free[0]] = output
    for output in wanted:
        if output not in places.values():
            raise ConfigError(f"Which output is '{output.name}'? Name its tensor in the recipe; there are {have}.")
    for place, output in places.items():
        if output.labels and found[place][1][-1] != len(output.labels):
            raise ConfigError(
                f"Output '{output.name}' has {len(output.labels)} labels in the recipe; there are {have}."
            )
    return [places[i] for i in range(len(found))]


def _by_name(output: OutputRecipe, names: Sequence[str], shape: Sequence[int]) -> bool:
    return (output.tensor or output.name) in names


def _by_labels(output: OutputRecipe, names: Sequence[str], shape: Sequence[int]) -> bool:
    return not output.tensor and len(output.labels) == shape[-1]


def _by_elimination(output: OutputRecipe, names: Sequence[str], shape: Sequence[int]) -> bool:
    return not output.tensor


def _output(output: OutputRecipe, info: TensorInfo) -> OutputSpec:
    return OutputSpec(
        name=output.name,
        shape=info.shape,
        dtype=info.dtype,
        scale=info.scale,
        zero_point=info.zero_point,
        labels=output.labels,
        activation=output.activation,
        unit=output.unit,
    )


def by_output(recipe: Recipe, answers: dict[str, Any]) -> dict[str, Any]:
    """A source's answers under the recipe's names. Raises `ConfigError`."""
    found = [((name,), answer.shape) for name, answer in answers.items()]
    return {o.name: a for o, a in zip(match(recipe.outputs, found), answers.values(), strict=True)}

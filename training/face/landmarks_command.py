"""`affectbox-training face landmarks`: how far the box's 68 landmarks lie from ICT-FaceKit's own."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from device.contract.errors import ConfigError
from training.arguments import count

_DESCRIPTION = """\
Paints heads that nobody has (identities and action units of ICT-FaceKit), finds their landmarks as the box does, and
tells how far the 68 lie from ICT-FaceKit's own vertices, in percent of the distance of the outer corners of the eyes.
"""
NETWORKS = ("face-mesh-1.0.0", "face-landmarks-1.0.0")
_LEAST = 40


def add_parser(actions: Any) -> None:
    """Register `face landmarks`."""
    parser = actions.add_parser(
        "landmarks", help="measure the 68 landmarks against ICT-FaceKit's own", description=_DESCRIPTION
    )
    parser.add_argument(
        "--ict", type=Path, required=True, metavar="PATH", help="FaceXModel of ICT-FaceKit, or .tar.xz"
    )
    parser.add_argument("--faces", type=int, default=400, metavar="N", help="to paint (default: %(default)s)")
    parser.add_argument("--seed", type=count, default=0, metavar="N", help="of the faces (default: %(default)s)")
    parser.add_argument(
        "--choose", action="store_true", help="choose the map anew on the first half, and print it; then measure it"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.faces < _LEAST:
        raise ConfigError(f"--faces is {_LEAST} or more: fewer say little.")
    from training.face.heads import load_heads  # noqa: PLC0415
    from training.face.landmarks68 import Seen, by_region, chosen, landmark_vertices, look  # noqa: PLC0415

    say = partial(print, flush=True)
    vertices, heads = landmark_vertices(arguments.ict), load_heads(arguments.ict, identities=True)
    seen: dict[str, Seen] = {}
    for network in NETWORKS:
        say(f"Looking at {arguments.faces} painted faces with {network}.")
        seen[network] = look(heads, vertices, network, arguments.faces, arguments.seed, say)
    half = arguments.faces // 2
    if arguments.choose:
        for number, place in enumerate(chosen([one.at(slice(half)) for one in seen.values()], _canonical())):
            say(f"{number:2}  {' + '.join(f'{share:g} × {point}' for point, share in place)}")
    for network, whole in seen.items():
        kept = whole.at(slice(half, None))
        columns = {"neutral": whole.errors()[:1], "from ahead": kept.errors()[~kept.turned]}
        columns |= {"turned": kept.errors()[kept.turned], "all": kept.errors(), "usual list": kept.errors(usual=True)}
        say(f"\n{network}: mean error, % of the distance of the outer corners of the eyes; {whole.missed} not found")
        say(f"{'':22}" + "".join(f"{name:>12}" for name in columns))
        say(f"{'faces':22}" + "".join(f"{len(errors):12}" for errors in columns.values()))
        tables = [by_region(errors) for errors in columns.values()]
        for part in tables[0]:
            say(f"{part:22}" + "".join(f"{100 * table[part]:12.2f}" for table in tables))
    return 0


def _canonical() -> Any:
    import json  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415

    from device.bundle_folders import find_bundle  # noqa: PLC0415
    from device.contract.tasks import CANONICAL_FACE  # noqa: PLC0415
    from device.models import folders  # noqa: PLC0415
    from device.settings import ModelSettings  # noqa: PLC0415

    bundle = find_bundle(NETWORKS[0], folders(ModelSettings()))
    return np.array(json.loads((bundle / CANONICAL_FACE).read_text())["points"], np.float32)

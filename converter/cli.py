"""The command `affectbox-converter`: models become bundles."""

import argparse
from pathlib import Path
from typing import Any

from converter.bundle import made
from converter.fetch import fetch_all, make_all
from converter.recipe import load_recipe
from converter.signing import SHIPPED_SIGNATURES, keygen, sign_bundle, sign_third_party, signer
from device.bundle_folders import bundle_cache
from device.contract.command import concluded
from device.contract.errors import ConfigError
from device.contract.release import ARCHITECTURES, SUITES
from device.contract.version import ShowVersion


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("affectbox-converter", description=__doc__)
    parser.add_argument("--version", action=ShowVersion)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="bring the third-party models (MediaPipe, Apache-2.0) into the cache")
    fetch.add_argument("--cache", type=Path, default=bundle_cache(), help="bundle cache (default: %(default)s)")
    fetch.add_argument("--offline", action="store_true", help="use files already downloaded, ask no network")
    fetch.set_defaults(run=lambda args: fetch_all(args.cache, offline=args.offline))
    _add_convert(commands)
    _add_inspect(commands)
    _add_verify(commands)
    _add_keygen(commands)
    _add_sign(commands)
    _add_release(commands)
    return parser


def _add_convert(commands: Any) -> None:
    convert = commands.add_parser("convert", help="make a bundle from a Keras, SavedModel, ONNX or .tflite network")
    convert.add_argument("source", type=Path, help=".keras, .onnx or .tflite file, or SavedModel folder")
    convert.add_argument("--recipe", type=Path, required=True, help="TOML file; its keys stand in converter/recipe.py")
    convert.add_argument("--out", type=Path, required=True, help="folder in which the bundle's folder is made")
    convert.add_argument("--all", action="store_true", help="measure every scheme, not only the recipe's")
    convert.add_argument("--layers", action="store_true", help="also name the tensors that lost most")
    convert.add_argument("--key", type=Path, help="private key file that signs the bundle")
    convert.add_argument("--replace", action="store_true", help="write over a bundle of the same name and version")
    convert.add_argument("--onnx2tf", default="", help="Python that has onnx2tf (default: $AFFECTBOX_ONNX2TF)")
    convert.set_defaults(run=_convert)


def _add_inspect(commands: Any) -> None:
    inspect = commands.add_parser("inspect", help="tell what a bundle is")
    inspect.add_argument("bundle", type=Path, help="folder NAME-VERSION")
    inspect.add_argument("--keys", type=Path, help="folder of further public keys (*.pub)")
    inspect.set_defaults(run=_inspect)


def _add_verify(commands: Any) -> None:
    verify = commands.add_parser("verify", help="check a bundle's files, signature and reference outputs")
    verify.add_argument("bundle", type=Path, help="folder NAME-VERSION")
    verify.add_argument("--keys", type=Path, help="folder of further public keys (*.pub)")
    verify.add_argument("--allow-unsigned", action="store_true", help="as models.allow_unsigned of the box")
    verify.set_defaults(run=_verify)


def _add_keygen(commands: Any) -> None:
    keygen = commands.add_parser("keygen", help="make a key pair that signs bundles")
    keygen.add_argument("--out", type=Path, required=True, help="private key file; the public one is this + .pub")
    keygen.set_defaults(run=_keygen)


def _add_sign(commands: Any) -> None:
    sign = commands.add_parser("sign", help="sign a bundle")
    sign.add_argument("bundle", type=Path, nargs="?", help="folder NAME-VERSION")
    sign.add_argument("--key", type=Path, required=True, help="private key file")
    sign.add_argument(
        "--third-party",
        action="store_true",
        help="for maintainers: renew the signatures of fetched bundles",
    )
    sign.add_argument("--cache", type=Path, default=bundle_cache(), help="where fetched files are (%(default)s)")
    sign.set_defaults(run=_sign)


def _add_release(commands: Any) -> None:
    release = commands.add_parser("release", help="build what a box is installed and updated with: one signed file")
    release.add_argument("--suite", choices=SUITES, required=True, help="of Raspberry Pi OS or Debian")
    release.add_argument("--arch", choices=ARCHITECTURES, default="arm64", help="processor (default: %(default)s)")
    what = release.add_mutually_exclusive_group(required=True)
    what.add_argument("--key", type=Path, metavar="FILE", help="private key file that signs the release")
    what.add_argument("--unpacked", type=Path, metavar="FOLDER", help="for install.sh: a folder instead of a file")
    release.add_argument("--out", type=Path, default=Path("build/release"), help="folder (default: %(default)s)")
    release.add_argument("--cache", type=Path, default=bundle_cache(), help="where models are (%(default)s)")
    release.set_defaults(run=_release)


def _convert(args: argparse.Namespace) -> None:
    from converter.convert import convert  # noqa: PLC0415
    from converter.opening import open_source  # noqa: PLC0415

    recipe = load_recipe(args.recipe)
    sign = signer(args.key) if args.key else None
    source = open_source(args.source, recipe, args.onnx2tf)
    folder = convert(source, recipe, args.out, every=args.all, layers=args.layers, sign=sign, replaced=args.replace)
    print(made(folder, signed=sign is not None))


def _inspect(args: argparse.Namespace) -> None:
    from converter.inspection import inspect  # noqa: PLC0415

    for line in inspect(args.bundle, args.keys):
        print(line)


def _verify(args: argparse.Namespace) -> None:
    from converter.verification import verify  # noqa: PLC0415

    for line in verify(args.bundle, args.keys, allow_unsigned=args.allow_unsigned):
        print(line)


def _keygen(args: argparse.Namespace) -> None:
    name = keygen(args.out)
    print(f"Key {name}: {args.out} signs, keep it secret; give {args.out}.pub to the boxes (models.keys).")


def _sign(args: argparse.Namespace) -> None:
    if bool(args.bundle) == args.third_party:
        raise ConfigError("Name the bundle to sign, or --third-party.")
    if args.bundle:
        sign_bundle(args.bundle, args.key)
        print(f"{args.bundle}: signed")
        return
    for path in sign_third_party(
        lambda parent: make_all(args.cache / "downloads", parent), args.key, SHIPPED_SIGNATURES
    ):
        print(f"{path}: written")


def _release(args: argparse.Namespace) -> None:
    from converter.release import build, unpacked  # noqa: PLC0415

    if args.unpacked:
        print(unpacked(args.unpacked, args.suite, args.arch, args.cache))
        return
    file = build(args.suite, args.arch, args.key, args.cache, args.out)
    print(f"{file}: {file.stat().st_size / 1e6:.0f} MB, signed; {args.out / 'install.sh'} installs it.")


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code (see `device.contract.errors`)."""

    def run() -> int:
        args = _parser().parse_args(argv)
        args.run(args)
        return 0

    return concluded("affectbox-converter", run)

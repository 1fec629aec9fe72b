"""What systemd and the installer start, as root; people use `affectbox update`.

python3 -m device.update carry-out           what was asked for (affectbox-update.service)
python3 -m device.update settle              after an update that was cut off (affectbox-confirm.service)
python3 -m device.update offer /dev/sda1     what a stick brings (affectbox-stick@.service)
python3 -m device.update adopt FOLDER        an unpacked release (install.sh)
python3 -m device.update remove              everything of ours outside the releases (install.sh --uninstall)
"""

import sys
from pathlib import Path

from device.config import load_settings
from device.contract.command import concluded, tell
from device.contract.errors import StorageError
from device.update import units
from device.update.carrying import carry_out
from device.update.host import ControlSocket
from device.update.layout import Layout
from device.update.machine import Debian
from device.update.stick import look, mounted
from device.update.updater import Updater

_PROGRAM = "affectbox-update"
CONFIG = Path("/etc/affectbox/config.toml")


def main(argv: list[str]) -> int:
    """Run one of them; returns its exit code."""
    return concluded(_PROGRAM, lambda: _run(argv))


def _run(argv: list[str]) -> int:
    layout, machine = Layout(), Debian()
    settings = load_settings(CONFIG if CONFIG.exists() else None)
    updater = Updater(layout, machine, ControlSocket(settings.host, settings.update.prove_s))
    try:
        match argv:
            case ["carry-out"]:
                carry_out(layout, updater, machine, settings.update)
            case ["settle"]:
                updater.settle()
            case ["adopt", folder]:
                updater.adopt(Path(folder))
            case ["offer", device]:
                with mounted(Path(device), layout.run / "stick") as place:
                    look(place, layout, machine)
            case ["remove"]:
                units.remove(layout)
            case _:
                tell(_PROGRAM, "Use `affectbox update`; see device/update/__main__.py.")
                return 2
    except OSError as error:
        raise StorageError(f"{error.filename or 'The card'} cannot be written ({error.strerror}).") from None
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where a box is installed, the doctor looks as the box: with its settings, its state and its account.

Root that opened the outbox itself would leave files behind that the box's own account cannot open.
"""

import os
import pwd
from pathlib import Path

CONFIG, STATE = Path("/etc/affectbox/config.toml"), Path("/var/lib/affectbox")


def stand_in(config: Path = CONFIG, state: Path = STATE) -> Path | None:
    """Take the place of the box that is installed here, for good; its configuration, or None where there is none.

    Root becomes the owner of the state folder, with the groups that this account has. Anybody else stays who they are.
    """
    if not (config.is_file() and state.is_dir()):
        return None
    os.environ.setdefault("STATE_DIRECTORY", str(state))
    owner = state.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
        os.environ["HOME"] = str(state)
    return config

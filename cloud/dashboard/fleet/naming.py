"""What people call a box, and the group that it is commanded with: `boxes/DEVICE`."""

from device.contract import box
from device.contract.errors import ConfigError
from device.contract.fields import KEY, Json


def name_changes(device: str, name: str, group: str, by: str) -> Json:
    """The change of the database that names a box. Raises `ConfigError`: it cannot be called so."""
    name, group = " ".join(name.split()), group.strip()
    if not name or len(name) > 60 or not name.isprintable():
        raise ConfigError("What people call the box is 1 to 60 letters, such as 'Room 2'.")
    if group and not KEY.fullmatch(group):
        raise ConfigError("A group is up to 40 letters, digits and hyphens, such as 'site-a'.")
    document: Json = {"v": box.VERSION, "name": name, "at": {".sv": "timestamp"}, "by": by}
    return {box.key(device): document | ({"group": group} if group else {})}

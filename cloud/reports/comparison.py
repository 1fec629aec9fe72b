"""Whether databases hold what a file holds, byte for byte."""

from pathlib import Path

from cloud.reading import lines
from cloud.reading.databases import Databases
from cloud.reading.sessions import Session
from device.contract.fields import encode


def same_in(databases: Databases, path: Path, session: Session) -> tuple[int, int]:
    """How many records of a session the databases hold as the file does, and how many the file holds, each once.

    Raises:
        DataError, IdentityError: see `cloud.reading.databases`.
    """
    own: dict[int, bytes] = {}
    for record in lines.records(path, session.device, session.id):
        own.setdefault(record["seq"], encode(record))
    held = {encode(record) for record in databases.documents(session.device, session.id)}
    return sum(body in held for body in own.values()), len(own)

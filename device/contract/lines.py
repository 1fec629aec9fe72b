"""A line of a file of JSON lines: a record, or an event of a session."""

from device.contract import record, session
from device.contract.fields import Json, parse


def decode(line: bytes | str) -> Json:
    """Read and validate a line; `session.is_event` says which it is. Raises `DataError`."""
    document = parse(line, "record")
    if session.is_event(document):
        session.validate(document)
    else:
        record.validate(document)
    return dict(document)

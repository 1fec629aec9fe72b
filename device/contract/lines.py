"""A line of a file of JSON lines: a record, or an event of a session."""

import json

from device.contract import record, session
from device.contract.errors import DataError
from device.contract.fields import Json


def decode(line: bytes | str) -> Json:
    """Read and validate a line; `session.is_event` says which it is. Raises `DataError`."""
    try:
        document = json.loads(line)
    except ValueError as error:
        raise DataError(f"Not a record: {error}.") from error
    if session.is_event(document):
        session.validate(document)
    else:
        record.validate(document)
    return dict(document)

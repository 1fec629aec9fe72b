"""A person's sessions before the one that is told of, summed up: from the same file, or from databases."""

from collections.abc import Sequence

from cloud.analysis.earlier import Summary, summarise
from cloud.reading.databases import Databases, Listed
from cloud.reading.sessions import Session
from cloud.reading.table import Table
from device.contract.errors import DataError, IdentityError
from device.contract.session import UNNAMED, Why

#: As many of the latest are compared with.
MOST = 12


def in_file(whole: Table, session: Session) -> list[Summary]:
    """The sessions of the same person that stand before this one in a file; none that was revoked."""
    if session.patient in ("", UNNAMED):
        return []
    earlier = whole.sessions[: whole.sessions.index(session)]
    theirs = [one for one in earlier if one.patient == session.patient and one.rows and not one.is_revoked]
    return [summarise(whole.of(whole.sessions.index(one))) for one in theirs[-MOST:]]


def in_databases(databases: Databases, table: Table, listed: Sequence[Listed] = ()) -> list[Summary] | None:
    """The sessions of the same person that began before this one; minutes are read of each. None where whoever asks
    may not see them.

    Args:
        listed: what is known of them already; else they are asked for.
    """
    session = table.sessions[0]
    if session.patient in ("", UNNAMED):
        return []
    began = session.began if session.began is not None else float(table.wall[0])
    try:
        known = [one for one in listed if one.patient == session.patient] or databases.of_patient(session.patient)
        theirs = [one for one in known if one.session != session.id and one.why != Why.REVOKED]
        before = [one for one in theirs if one.began is not None and one.began < began][-MOST:]
        read = [(one, databases.table([one], minutes=True)) for one in before]
    except (DataError, IdentityError):
        return None
    return [summarise(found.of(0), began=one.began) for one, found in read if len(found)]

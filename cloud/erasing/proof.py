"""The proof: everything is searched anew for the pseudonym and the ids of the sessions."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.erasing.naming import Naming
from cloud.erasing.places import ROOTS
from cloud.erasing.shard import Shard, children, pages
from cloud.erasing.whose import Held, Progress
from device.contract import audit, boot, erasure, patient, person, remote, session, support

_AT_ONCE = 50
_VERSION = re.compile(rb"\d+(?:\.\d+)+")
#: Where the children of a child are many, and are read page by page.
_DEEP = (audit.ROOT, boot.ROOT, patient.ROOT, person.ROOT)


@dataclass(frozen=True)
class Searched:
    """What was searched in one database, and the places where something was found, as paths."""

    shard: str
    names: int
    documents: int
    found: tuple[str, ...]


def search(
    shard: Shard, whom: str, sessions: Collection[Held], waiting: Collection[str], progress: Progress
) -> Searched:
    """Search a database. Of recordings the names are read, which say of which session they are; everything else is
    read whole. Passed over is what has to stand while the boxes `waiting` have not erased the person.

    Raises:
        DataError, IdentityError, StorageError: as `Shard`.
    """
    ids = {one.session for one in sessions}
    naming = Naming(whom, ids)
    found: list[str] = []
    names = documents = 0
    for root in shard.keys(""):
        progress(f"{root} in {shard.name}")
        if root in (*ROOTS, session.ROOT, support.ROOT):
            for path, name in _names(shard, root):
                names += 1
                if name == whom or name in ids or name.partition("~")[2] in ids:
                    found.append(path)
        else:
            for path, content in _documents(shard, root):
                documents += 1
                if _stands(path, whom, waiting):
                    continue
                told = content
                if root == remote.ROOT and path.rpartition("/")[2] in waiting:
                    told = _without_request(content, whom)
                if naming.within(path.encode()) or naming.within(_text(told)):
                    found.append(path)
    return Searched(shard.name, names, documents, tuple(found))


def _stands(path: str, whom: str, waiting: Collection[str]) -> bool:
    """Whether it is the mark that they are being erased, or a note by which a box's sessions are found."""
    root, _, rest = path.partition("/")
    return bool(waiting) and (
        path == f"{audit.ERASED_ROOT}/{whom}" or (root == patient.ROOT and rest.partition("/")[0] in waiting)
    )


def _without_request(content: Any, whom: str) -> Any:
    standing = {key: one for key, one in children(content.get(erasure.ERASE)).items() if key != whom}
    return {**content, erasure.ERASE: standing}


def _names(shard: Shard, root: str) -> Iterator[tuple[str, str]]:
    """Paths and names of boxes or persons, and of their sessions."""
    for above in shard.keys(root):
        yield f"{root}/{above}", above
        for name in shard.keys(f"{root}/{above}"):
            yield f"{root}/{above}/{name}", name


def _documents(shard: Shard, root: str) -> Iterator[tuple[str, Any]]:
    tops: Sequence[str] = [root]
    if root in _DEEP:
        tops = [f"{root}/{key}" for key in shard.keys(root)]
    for top in tops:
        some = False
        for page in pages(shard, top, _AT_ONCE if root == person.ROOT else 1000 if root in _DEEP else _AT_ONCE):
            for key, content in page.items():
                some = True
                yield f"{top}/{key}", content
        if not some and not children(content := shard.get(top)):
            yield top, content  # a value


def _text(content: Any) -> bytes:
    return _VERSION.sub(b"", json.dumps(_texts(content), ensure_ascii=False).encode(errors="replace"))


def _texts(content: Any) -> Any:
    """What can name somebody whose pseudonym is a number: no number does."""
    if isinstance(content, dict):
        return {name: _texts(one) for name, one in content.items()}
    if isinstance(content, list):
        return [_texts(one) for one in content]
    return content if isinstance(content, str) else None

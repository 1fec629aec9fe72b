"""Gathering: records, packs, events and clocks from anywhere, for one table (`uniting.py`)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from cloud.reading.columns import RECORDS, Columns, Form, IrregularError, Words, of_documents, sifted
from cloud.reading.faults import Faults
from cloud.reading.packs import of_packs
from cloud.reading.table import Table
from cloud.reading.uniting import Known, united
from device.contract import boot, pack, session
from device.contract.errors import DataError

_AT_ONCE = 400  # packs, of 150 records each as boxes are set up


class Gathering:
    """What has been read so far.

    Attributes:
        faults: what is none of ours: counted, and never in the way of the rest.
        form: what is read, records or seconds.
        words: the texts of all columns.
    """

    def __init__(self, form: Form = RECORDS) -> None:
        self.faults = Faults()
        self.words = Words()
        self.form = form
        self._blocks: list[Columns] = []
        self._known = Known()

    def documents(self, documents: Sequence[Any]) -> None:
        """Take records, or aggregates of seconds."""
        if documents:
            plain = partial(of_documents, form=self.form, words=self.words)
            self._blocks += sifted(documents, plain, self._careful_document)

    def packs(self, documents: Iterable[Any]) -> None:
        """Take packs of them."""
        some = [*documents]
        for at in range(0, len(some), _AT_ONCE):
            plain = partial(of_packs, form=self.form, words=self.words)
            self._blocks += sifted(some[at : at + _AT_ONCE], plain, self._careful_pack)

    def columns(self, columns: Columns) -> None:
        """Take columns that were checked, with texts numbered by `words`."""
        self._blocks.append(columns)

    def event(self, event: Any) -> None:
        """Take an event of a session."""
        if self._is_ours(event, "event", session.VERSION, session.validate):
            self._known.tell(event, self.faults)

    def clock(self, document: Any) -> None:
        """Take the wall clock of a start of the daemon."""
        if self._is_ours(document, "clock", boot.VERSION, boot.validate):
            self._known.offsets.setdefault(document["device"], {})[document["boot"]] = document["offset"]

    def watched(self, device: str, session_id: str, patient: str) -> None:
        """Take whom a session watched, as the database notes it."""
        self._known.patients[device, session_id] = patient

    def devices(self) -> set[str]:
        """The boxes of which there are records so far."""
        numbers = {number for block in self._blocks for number in np.unique(block["device"]).tolist()}
        return {self.words.texts[number] for number in numbers}

    def table(self) -> Table:
        """All of it, in order, each thing once. Nothing can be taken afterwards."""
        return united(self._blocks, self.form, self._known, self.words, self.faults)

    def _careful_document(self, document: Any) -> Iterator[Columns]:
        what = self.form.of.removesuffix("s")
        if self._is_ours(document, what, 1, self.form.validate):
            try:
                yield of_documents([document], self.form, self.words)
            except IrregularError:
                self.faults.quarantined[f"A {what} is not understood"] += 1

    def _careful_pack(self, document: Any) -> Iterator[Columns]:
        unpacked: list[Any] = []
        if self._is_ours(document, "pack", pack.VERSION, lambda one: unpacked.extend(pack.unpack(one))):
            if document["of"] != self.form.of:
                self.faults.quarantined[f"A pack of {document['of']} stands among those of {self.form.of}"] += 1
            else:
                yield from sifted(
                    unpacked, partial(of_documents, form=self.form, words=self.words), self._careful_document
                )

    def _is_ours(self, document: Any, what: str, version: int, validate: Callable[[Any], object]) -> bool:
        """Whether the contract takes a document; if not it is counted."""
        told = document.get("v", version) if isinstance(document, dict) else version
        if type(told) is int and told != version:
            self.faults.versions[f"{what} of version {told}"] += 1
            return False
        try:
            validate(document)
        except DataError as error:
            self.faults.quarantined[str(error)] += 1
            return False
        return True

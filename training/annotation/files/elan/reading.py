"""Reads ELAN's documents, our own and those that coders made or changed in ELAN."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

from device.contract.errors import DataError
from training.annotation.coding import ACTIONS, PARTS, Annotations, Coded, Episode, Mark, Side, action_of
from training.annotation.coding import Sequence as Frames
from training.annotation.files import spans
from training.annotation.files.elan import CODED, NOT_CODED, SCALE, SEQUENCE, STATES, SUFFIX
from training.annotation.files.exchange import Found, Into, implied, settled
from training.annotation.files.words import TIER, read_mark

_EXTRA = re.compile(r"apex (\d+)|open")


def read(path: Path, into: Into) -> Found:
    """A document, or all of a folder.

    Raises:
        DataError: no document of ELAN's, a film that the project lacks, a tier's value that is no code.
    """
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path} holds no {SUFFIX} file: give a document of ELAN's, or a folder of them.")
    notes: list[str] = []
    found = [one for file in files for one in _read(file, into, notes)]
    return Found(tuple(found), tuple(notes))


@dataclass
class _Coder:
    """What the tiers of one coder hold."""

    states: dict[int, Coded] = field(default_factory=dict)
    marks: dict[int, dict[str, Mark | None]] = field(default_factory=dict)
    episodes: list[Episode] = field(default_factory=list)

    def annotations(self, document: "_Document", coder: str) -> Annotations:
        into, sequence = document.into, document.sequence
        frames = {}
        for place in sorted(self.states.keys() | self.marks.keys()):
            said = self.marks.get(place, {})
            state = self.states.get(place, Coded(judged=frozenset(said)))
            found = {action: said.get(action, implied(state, action)) for action in document.coded} | said
            marks = {action: mark for action in into.actions if (mark := found.get(action))}
            frames[place] = settled(replace(state, marks=marks), into)
        episodes = sorted(self.episodes, key=lambda one: one.onset)
        return Annotations(sequence, coder, into.scale, into.actions, frames, tuple(episodes))


@dataclass(frozen=True)
class _Document:
    """One document and where its times are."""

    path: Path
    root: ElementTree.Element
    sequence: Frames
    bounds: spans.Floats
    times: dict[str | None, str | None]
    coded: tuple[str, ...]
    into: Into

    def annotations(self, tier: ElementTree.Element) -> Iterator[tuple[str, spans.Run, str]]:
        """Where each stands, its first and last frame, and its text. Raises `DataError`."""
        for one in tier.findall("ANNOTATION/ALIGNABLE_ANNOTATION"):
            where = f"{self.path.name}, tier {tier.get('TIER_ID')}, {one.get('ANNOTATION_ID', '?')}"
            texts = [self.times.get(one.get(f"TIME_SLOT_REF{number}")) for number in (1, 2)]
            try:
                start, end = (int(text or "") / 1000 for text in texts)
            except ValueError:
                raise DataError(f"{where}: it has no time: align it in ELAN first.") from None
            if not (spans.is_within(self.bounds, start) and spans.is_within(self.bounds, end) and start <= end):
                ends = f"which ends at {self.bounds[-1]:.3f} s"
                raise DataError(f"{where}: {start:.3f} to {end:.3f} s is not in the film, {ends}.")
            yield where, spans.places(self.bounds, start, end), (one.findtext("ANNOTATION_VALUE") or "").strip()

    def coder(self, tier: ElementTree.Element) -> str:
        coder = self.into.coder or tier.get("ANNOTATOR", "") or self.root.get("AUTHOR", "")
        if not coder:
            raise DataError(f"{self.path.name}: it does not say who coded: give --coder.")
        return coder


def _read(path: Path, into: Into, notes: list[str]) -> Iterator[Annotations]:
    document = _opened(path, into)
    coders: dict[str, _Coder] = {}
    for tier in document.root.findall("TIER"):
        name = tier.get("TIER_ID", "")
        match = TIER.fullmatch(name)
        action = action_of(match[1]) if match else None
        if name == STATES:
            states = coders.setdefault(document.coder(tier), _Coder()).states
            for where, (first, last), text in document.annotations(tier):
                states |= dict.fromkeys(range(first, last + 1), _state(text, where))
        elif match and action:
            side = Side((match[2] or "").lower())
            _add(coders.setdefault(document.coder(tier), _Coder()), document, tier, action, side, bool(match[3]))
        elif tier.find("ANNOTATION") is not None:
            notes.append(f"{path.name}: the tier {name!r} is passed over: it is named after no action.")
    for coder, one in coders.items():
        yield one.annotations(document, coder)


def _add(
    coder: _Coder, document: _Document, tier: ElementTree.Element, action: str, side: Side, is_frames: bool
) -> None:
    for where, run, text in document.annotations(tier):
        if is_frames:
            mark = None
            if text != NOT_CODED:
                mark = document.into.checked(action, read_mark(text, document.into.scale, where), where)
            for place in range(run[0], run[1] + 1):
                coder.marks.setdefault(place, {})[action] = mark
        else:
            coder.episodes.append(_episode(action, side, run, text, document, where))


def _opened(path: Path, into: Into) -> _Document:
    root = _root(path)
    properties = {one.get("NAME", ""): one.text or "" for one in root.findall("HEADER/PROPERTY")}
    media = root.findall("HEADER/MEDIA_DESCRIPTOR")
    if any(one.get("TIME_ORIGIN", "0") != "0" for one in media):
        raise DataError(f"{path.name}: its film was shifted in ELAN (TIME_ORIGIN): set the offset to 0 there.")
    if (scale := properties.get(SCALE, into.scale.value)) != into.scale.value:
        raise DataError(f"{path.name} codes {scale}, and the project {into.scale.value}: import it into another one.")
    links = [one.get("RELATIVE_MEDIA_URL", "") or one.get("MEDIA_URL", "") for one in media]
    names = [properties.get(SEQUENCE, ""), path.stem, *(link.rsplit("/", 1)[-1] for link in links)]
    sequence = into.named([name for name in names if name], path.name)
    coded = tuple(action for action in properties.get(CODED, "").split() if action in ACTIONS)
    times = {one.get("TIME_SLOT_ID"): one.get("TIME_VALUE") for one in root.findall("TIME_ORDER/TIME_SLOT")}
    return _Document(path, root, sequence, spans.edges(sequence, "ELAN"), times, coded, into)


def _root(path: Path) -> ElementTree.Element:
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError, ValueError, LookupError) as error:  # the last: of an unknown encoding
        why = getattr(error, "strerror", None) or error
        raise DataError(f"Cannot read {path} ({why}): give a document of ELAN's ({SUFFIX}).") from error
    if root.tag != "ANNOTATION_DOCUMENT":
        raise DataError(f"{path.name} is XML, and not ELAN's: its root is {root.tag[:40]!r}; give an {SUFFIX} file.")
    return root


def _state(text: str, where: str) -> Coded:
    words = [word.strip() for word in text.split(";")]
    hidden = frozenset(part for part in PARTS if f"{part} hidden" in words)
    judged = frozenset(action for action in ACTIONS if f"judged {action}" in words)
    if words[0] not in ("submitted", "draft") or 1 + len(hidden) + len(judged) + sum(
        word in ("asked", "not codable") for word in words
    ) != len(words):
        raise DataError(f"{where}: {text[:40]!r} is not how a frame was left, such as 'submitted; upper hidden'.")
    return Coded({}, hidden, "not codable" not in words, words[0] == "submitted", "asked" in words, judged)


def _episode(action: str, side: Side, run: spans.Run, text: str, document: _Document, where: str) -> Episode:
    first, *extras = [part.strip() for part in text.split(";")]
    into = document.into
    mark = into.checked(action, read_mark(first, into.scale, where), where)
    apex = None
    for extra in extras:
        if (match := _EXTRA.fullmatch(extra)) is None:
            raise DataError(f"{where}: {extra[:30]!r} is neither 'apex' with a frame nor 'open'.")
        if match[1]:
            at = document.sequence.frames.tolist()
            if int(match[1]) not in at[run[0] : run[1] + 1]:
                raise DataError(f"{where}: the apex, frame {match[1]}, is not between its onset and offset.")
            apex = at.index(int(match[1]))
    if not mark.value:
        raise DataError(f"{where}: an episode of {action} is 0: remove it, or say how strong it is.")
    return Episode(
        action, run[0], None if "open" in extras else run[1], apex, mark.value, side if side.value else mark.side
    )

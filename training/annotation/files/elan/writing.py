"""Writes ELAN's documents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from xml.etree import ElementTree

from training.annotation.coding import ACTIONS, PARTS, Annotations, Coded, Episode, Mark
from training.annotation.files import spans
from training.annotation.files.elan import CODED, NOT_CODED, SCALE, SEQUENCE, STATES, SUFFIX
from training.annotation.files.exchange import (
    SIDES,
    Losses,
    Written,
    by_coder,
    count_without_video,
    file_name,
    implied,
    is_video,
    keep,
)
from training.annotation.files.words import written

_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
_TYPES = {"episode": "episodes of an action", "frame": "codes of frames"}


def write(annotations: Sequence[Annotations], out: Path) -> Written:
    """A document of each sequence, in a folder of each coder where there are several.

    Raises:
        DataError: pictures that do not follow each other.
        StorageError: it cannot be written.
    """
    coders = by_coder(annotations)
    documents = [(one, _document(one)) for one in annotations]
    files = []
    for one, document in documents:
        folder = out / file_name(one.coder) if len(coders) > 1 else out
        ElementTree.indent(document)
        content = ElementTree.tostring(document, "utf-8", xml_declaration=True)
        files.append(keep(folder / f"{file_name(one.sequence.name)}{SUFFIX}", content, [one]))
    losses = Losses()
    count_without_video(annotations, losses, "ELAN")
    return Written(tuple(files), losses.sentences())


@dataclass
class _Slots:
    """Times, each a slot of its own as ELAN makes them."""

    element: ElementTree.Element
    annotations: int = 0
    times: int = 0

    def annotation(self, tier: ElementTree.Element, times_s: tuple[float, float], value: str) -> None:
        references = {}
        for number, time_s in enumerate(times_s, 1):
            self.times += 1
            references[f"TIME_SLOT_REF{number}"] = f"ts{self.times}"
            slot = {"TIME_SLOT_ID": f"ts{self.times}", "TIME_VALUE": str(round(time_s * 1000))}
            ElementTree.SubElement(self.element, "TIME_SLOT", slot)
        self.annotations += 1
        holder = ElementTree.SubElement(tier, "ANNOTATION")
        aligned = ElementTree.SubElement(
            holder, "ALIGNABLE_ANNOTATION", {"ANNOTATION_ID": f"a{self.annotations}"} | references
        )
        ElementTree.SubElement(aligned, "ANNOTATION_VALUE").text = value


def _document(one: Annotations) -> ElementTree.Element:
    bounds = spans.edges(one.sequence, "ELAN")
    date = datetime.now(UTC).isoformat(timespec="seconds")
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {"AUTHOR": one.coder, "DATE": date, "FORMAT": "3.0", "VERSION": "3.0", _INSTANCE: _SCHEMA},
    )
    header = ElementTree.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    slots = _Slots(ElementTree.SubElement(root, "TIME_ORDER"))
    for name, kind, annotations in (*_episode_tiers(one, bounds), *_frame_tiers(one, bounds)):
        tier = ElementTree.SubElement(
            root,
            "TIER",
            {
                "ANNOTATOR": one.coder,
                "LINGUISTIC_TYPE_REF": _TYPES[kind],
                "PARTICIPANT": one.sequence.participant,
                "TIER_ID": name,
            },
        )
        for times_s, value in annotations:
            slots.annotation(tier, times_s, value)
    _head(header, one, slots.annotations)
    for name in _TYPES.values():
        ElementTree.SubElement(
            root,
            "LINGUISTIC_TYPE",
            {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": name, "TIME_ALIGNABLE": "true"},
        )
    return root


def _head(header: ElementTree.Element, one: Annotations, annotations: int) -> None:
    source = one.sequence.source.absolute()
    if is_video(one.sequence):
        mime = guess_type(source.name)[0] or "unknown"  # as ELAN says it
        ElementTree.SubElement(
            header,
            "MEDIA_DESCRIPTOR",
            {"MEDIA_URL": source.as_uri(), "MIME_TYPE": mime, "RELATIVE_MEDIA_URL": f"./{source.name}"},
        )
    properties = {
        "lastUsedAnnotationId": str(annotations),
        SEQUENCE: one.sequence.name,
        SCALE: one.scale.value,
        CODED: " ".join(one.actions),
    }
    for name, text in properties.items():
        ElementTree.SubElement(header, "PROPERTY", {"NAME": name}).text = text


Tier = tuple[str, str, list[tuple[tuple[float, float], str]]]


def _episode_tiers(one: Annotations, bounds: spans.Floats) -> Iterator[Tier]:
    last = len(one.sequence.frames) - 1
    for action in one.actions:
        for side in SIDES:
            lanes: list[list[Episode]] = []
            for episode in one.episodes:
                if (episode.action, episode.side) == (action, side):
                    free = (lane for lane in lanes if lane[-1].offset is not None and lane[-1].offset < episode.onset)
                    if lane := next(free, None):
                        lane.append(episode)
                    else:
                        lanes.append([episode])
            for number, lane in enumerate(lanes, 1):
                name = " ".join(filter(None, (action, side.value, f"#{number}" if number > 1 else "")))
                yield (
                    name,
                    "episode",
                    [
                        (spans.span(bounds, e.onset, last if e.offset is None else e.offset), _text(one, e))
                        for e in lane
                    ],
                )


def _text(one: Annotations, episode: Episode) -> str:
    apex = f"apex {one.sequence.frames[episode.apex]}" if episode.apex is not None else ""
    parts = (written(Mark(episode.value), one.scale), apex, "open" if episode.offset is None else "")
    return "; ".join(filter(None, parts))


def _frame_tiers(one: Annotations, bounds: spans.Floats) -> Iterator[Tier]:
    if one.frames:
        states = [(spans.span(bounds, *run), _state_text(frame)) for run, frame in spans.runs(one.frames)]
        yield STATES, "frame", states
    for action in one.actions:
        said = {
            place: written(mark, one.scale) if mark else NOT_CODED
            for place, frame in one.frames.items()
            if (mark := frame.marks.get(action)) != implied(frame, action)
        }
        if said:
            runs = [(spans.span(bounds, *run), text) for run, text in spans.runs_of(said)]
            yield f"{action} {STATES}", "frame", runs


def _state_text(frame: Coded) -> str:
    return "; ".join(
        (
            "submitted" if frame.submitted else "draft",
            *(f"{part} hidden" for part in PARTS if part in frame.hidden),
            *["not codable"] * (not frame.codable),
            *["asked"] * frame.asked,
            *(f"judged {action}" for action in ACTIONS if action in frame.judged),
        )
    )

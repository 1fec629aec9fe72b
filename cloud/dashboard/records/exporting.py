"""A person's record as files: JSON for programs, and a page of HTML to read, which needs nothing else."""

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from cloud.dashboard.records import notes, papers, people, times
from cloud.reading.databases import Listed
from device.contract.fields import Json

VERSION = 1
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1d23}"
    "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #ccc}"
    "dt{font-weight:600;margin-top:.8rem}dd{margin:0}.text{white-space:pre-wrap;overflow-wrap:anywhere}"
    ".when{color:#555;font-size:.9rem}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.2rem .8rem .2rem 0}"
)


def to_json(patient: str, stored: Json, listed: Iterable[Listed], now_s: float) -> str:
    """Everything that stands at `people/PATIENT`, as it stands, with the list of sessions."""
    sessions = [
        {"device": one.device, "session": one.session, "began": one.began, "why": one.why, "phases": list(one.phases)}
        for one in listed
    ]
    whole = {"v": VERSION, "patient": patient, "exported": round(now_s, 3), "person": stored, "sessions": sessions}
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)


def to_html(patient: str, stored: Json, listed: Iterable[Listed], now_s: float) -> str:
    """The same to read. Whatever people wrote is text, never markup."""
    body = "\n".join(_body(patient, stored, [*listed], now_s))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(patient)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(patient: str, stored: Json, listed: list[Listed], now_s: float) -> Iterator[str]:
    versions, _ = people.versions(_node(stored, "versions"))
    yield f"<h1>{escape(patient)}</h1>"
    when = f"{times.moment(now_s)} ({times.zone()})"
    yield f'<p class="when">Exported {when}. Pseudonymous; written by people, no program\'s diagnosis.</p>'
    yield "<h2>Record</h2>"
    yield from _record(versions[0].content) if versions else ("<p>Nothing has been written yet.</p>",)
    yield "<h2>Notes</h2>"
    found, _ = notes.notes(_node(stored, "notes"))
    for one in reversed(found):
        about = _about(one.by, one.at_ms, " (corrected by a later note)" if one.corrected_by else "")
        yield f'<p class="when">{about}</p><p class="text">{escape(one.text)}</p>'
    yield "<h2>Consents on paper</h2>"
    for paper in papers.of_paper(_node(stored, "consents"))[0]:
        _, standing = paper.standing(now_s)
        yield f"<p>{escape(f'{paper.covered}; given {paper.given} by the {paper.giver}; {standing}')}</p>"
    yield "<h2>Sessions</h2><table><tr><th>Began</th><th>Box</th><th>Ended</th></tr>"
    for held in listed:
        yield f"<tr><td>{times.moment(held.began)}</td><td>{escape(held.device)}</td><td>{escape(held.why)}</td></tr>"
    yield "</table><h2>Earlier versions of the record</h2>"
    for version in versions[1:]:
        yield f'<h3>Version {version.number}</h3><p class="when">{_about(version.by, version.at_ms)}</p>'
        yield from _record(version.content)


def _record(content: Json) -> Iterator[str]:
    yield "<dl>"
    for path, label in people.LABELS.items():
        if path in content:
            yield f'<dt>{escape(label)}</dt><dd class="text">{escape(str(content[path]))}</dd>'
    yield "</dl>"


def _about(by: str, at_ms: int, more: str = "") -> str:
    return escape(f"{times.moment(at_ms / 1000)}, account {by}{more}")


def _node(stored: Json, name: str) -> dict[str, Any]:
    held = stored.get(name)
    return held if isinstance(held, dict) else {}

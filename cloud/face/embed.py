"""The player as a part of an HTML page that needs nothing else: no network, no server, no `eval`.

The page's Content-Security-Policy lets its script run by `Player.script_hash`:

    default-src 'none'; script-src 'sha256-…'; style-src …; img-src data:

Everything that boxes or people wrote is data (JSON), which the player shows as text.
"""

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent
VIEWER, FACE = FOLDER / "viewer.js", FOLDER / "face.glb"
_START = (
    "affectboxFace.mountEmbedded(...['affectbox-face','affectbox-face-track','affectbox-face-mesh']"
    ".map((id)=>document.getElementById(id)));"
)
_NO_SCRIPT = "The replay on the digital face needs JavaScript; everything else here does not."


@dataclass(frozen=True)
class Player:
    """A fragment of HTML, and what lets its script run.

    Attributes:
        html: for the body of a page, once.
        script_hash: `'sha256-…'`, for `script-src`.
    """

    html: str
    script_hash: str


def player(track_json: str) -> Player:
    """The player of a track as `cloud.face.packed.to_json` tells it."""
    script = viewer_script() + _START
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    html = (
        f'<div id="affectbox-face"><noscript><p>{_NO_SCRIPT}</p></noscript></div>\n'
        f'<script type="application/json" id="affectbox-face-track">{_inert(track_json)}</script>\n'
        f'<script type="text/plain" id="affectbox-face-mesh">{packed_face()}</script>\n'
        f"<script>{script}</script>\n"
    )
    return Player(html, f"'sha256-{digest}'")


@lru_cache(maxsize=1)
def viewer_script() -> str:
    """The player's script, as `make face-viewer` built it."""
    return VIEWER.read_text(encoding="utf-8").strip().replace("</script", "<\\/script")


@lru_cache(maxsize=1)
def packed_face() -> str:
    """The face, gzipped, as base64."""
    return base64.b64encode(gzip.compress(FACE.read_bytes(), 6, mtime=0)).decode()


def _inert(told: str) -> str:
    """JSON that can stand in a script element: without what could end it."""
    return json.dumps(json.loads(told), ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")

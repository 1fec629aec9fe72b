"""Which of several databases a box reports to, and where a reader finds it.

A fleet too large for one database has several, its shards, listed by URL and separated by commas. Rendezvous hashing
gives each box its own: every pair of shard and box has a score, and the highest wins. No table is kept and nobody is
asked; boxes and readers need only the same list, in any order. When a shard joins n others, one box in n + 1 moves,
to the new shard; when one leaves, only its boxes move.

*A box that moves leaves its history where it is.* New records go to its new shard, and so does what still waits in its
outbox. A reader therefore looks in every shard, the box's own first (`rank`), and lays what it finds together: a
record found twice is the same record, since its key is its identity. A shard stays in the readers' list until its
records are no longer wanted, and leaves the boxes' list when no box should write to it any more.

Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on
Networking 6(1), 1998. The score is SHA-256, which is the same in every process, version and language.
"""

import hashlib
from collections.abc import Iterable
from urllib.parse import urlsplit

from device.contract.errors import SinkError

SEPARATOR = ","
_PORTS = {"http": 80, "https": 443}


def split(text: str) -> tuple[str, ...]:
    """The URLs in `URL,URL,…`, as they are written. Raises `SinkError` for an empty or a repeated one."""
    urls = tuple(url.strip() for url in text.split(SEPARATOR))
    if "" in urls:
        raise SinkError(f"'{text}' lists an empty database address: write URL{SEPARATOR}URL without gaps.")
    if len({shard_name(url) for url in urls}) < len(urls):
        raise SinkError(f"'{text}' lists a database twice: name each shard once.")
    return urls


def rank(device: str, urls: Iterable[str]) -> list[str]:
    """The shards in the order in which `device` prefers them: it reports to the first, readers ask them in turn."""
    return sorted(urls, key=lambda url: (_score(device, url), shard_name(url)), reverse=True)


def shard_name(url: str) -> str:
    """The database that a URL means, spelled in one way: `https://Clinic.firebaseio.com/` and
    `https://clinic.firebaseio.com:443` are the same shard. Only spelling is unified; nothing is looked up.

    Raises:
        SinkError: not an http or https URL.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise SinkError(f"'{url}' is not a database address: it begins with http:// or https://.") from None
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path.rstrip('/')}{query}"


def _score(device: str, url: str) -> bytes:
    return hashlib.sha256(f"{shard_name(url)}\0{device}".encode()).digest()

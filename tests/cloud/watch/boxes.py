"""What a box tells of itself, made up for tests."""

from typing import Any

from cloud.watch.fields import Memory, remembered

START_MS = 1_900_000_000_000


def said(device: str = "box-1", seen_ms: int = START_MS, **changes: Any) -> dict[str, Any]:
    """A document of a box that is well; `a__b=1` changes the field `a.b`, None leaves it out."""
    document: dict[str, Any] = {
        "v": 2,
        "device": device,
        "boot": "boot-1",
        "seen": seen_ms,
        "time": {"mono": 100.0, "wall": seen_ms / 1000 - 1, "trusted": True},
        "version": "0.2.0",
        "state": "idle",
        "desk": {"state": "idle"},
        "frames": {"recorded": 0, "measured": 0, "skipped": 0},
        "ms": {"total": 60.0},
        "host": {"cpu": 50.0, "rss": 200.0, "memory": 40.0, "temperature": 55.0, "throttled": False},
        "disk": {"free": 20_000, "size": 32_000},
        "budget": {"mb": 400.0},
        "mode": "records",
        "wanted": "records",
        "waiting": {"minute": 0, "second": 0, "record": 3, "bytes": 900},
        "lag": 0.0,
        "dropped": {"minute": 0, "second": 0, "record": 0},
        "refused": 0,
        "unkept": 0,
        "damaged": 0,
        "sent": 5,
        "month": {"bytes": 1_000_000, "writes": 10, "projected": 30_000_000, "dollars": 0.1, "prices": "2026-01-01"},
    }
    document["host"]["under_voltage"] = False
    for path, value in changes.items():
        *parents, name = path.split("__")
        node = document
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
        if value is None:
            del node[name]
    return document


def after(*documents: dict[str, Any]) -> Memory:
    """What is remembered after these documents."""
    memory = Memory()
    for document in documents:
        memory = remembered(memory, document)
    return memory

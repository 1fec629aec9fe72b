"""The page of alerts: which stand, grouped by rule; who is silenced; what the rules say, in words; how outlets are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from cloud.dashboard.fleet.feed import Feeds
from cloud.dashboard.person import Visit
from cloud.watch.fields import KNOWN
from cloud.watch.findings import minutes
from cloud.watch.rules import SHIPPED, Rule, Rules, load_rules
from device.contract.errors import ConfigError
from device.contract.fields import Json

_EVERY_TURNS = 3
_COMPARED = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "==": "", "!=": "anything but"}
_HANDLED = {
    "tell": "people are told",
    "alerting": "counts as alerting",
    "normal": "counts as normal",
    "keep": "stays as it was",
}


class Alerting:
    """What is told of alerts; `path` is the file of rules, None the one that is shipped."""

    def __init__(self, feeds: Feeds, path: Path | None) -> None:
        self._feeds, self._path = feeds, path

    async def news(self, visit: Visit) -> AsyncIterator[Json]:
        """The whole, and again whenever something of it changes. Raises `StorageError`, `IdentityError`."""
        rules = await asyncio.to_thread(self._rules)
        feed, turn = self._feeds.of(visit), 0
        last: Json = {}
        async with aclosing(feed.turns()) as turns:
            async for _ in turns:
                if turn % _EVERY_TURNS == 0:
                    now = await self._now() | {
                        "rules": rules,
                        "names": {device: row["box"][:3] for device, row in feed.rows.items()},
                    }
                    if now != last:
                        yield now
                    last = now
                turn += 1

    async def _now(self) -> Json:
        standings = self._feeds.standings
        stood = await standings.all()
        silences = await standings.silences(self._feeds.base.now_ms())
        posts = await standings.posts()
        return {
            "watched": standings.board is not None,
            "stood": [
                [one.rule, one.device, one.state, one.since_s * 1000, one.severity, one.words, one.do, one.told]
                for one in stood
            ],
            "silences": [[one.id, one.device, one.rule, one.until_ms, one.by, one.why] for one in silences],
            "posts": {one.name: [one.waiting, one.trouble, one.since_s * 1000] for one in posts},
        }

    def _rules(self) -> Json:
        try:
            rules = load_rules(self._path)
        except ConfigError as error:
            return {"trouble": str(error), "file": str(self._path or SHIPPED.name), "all": [], "outlets": []}
        return {
            "file": str(self._path) if self._path else "as shipped (alerts.toml)",
            "all": [[rule.name, rule.severity, in_words(rule), rule.words, rule.do] for rule in rules.rule],
            "outlets": _outlets(rules),
        }


def in_words(rule: Rule) -> str:
    """When a rule alerts: 'host.temperature above 80, for 5 minutes; of site-a'."""
    threshold = rule.threshold
    shown = str(threshold).lower() if isinstance(threshold, bool | str) else f"{threshold:g}"
    condition = f"{rule.field} is {_COMPARED[rule.comparison]} {shown}".replace("  ", " ")
    parts = [condition + (f" for {minutes(rule.for_s)}" if rule.for_s else "")]
    if rule.keep_s:
        parts.append(f"over when it has been fine for {minutes(rule.keep_s)}")
    if rule.boxes or rule.groups:
        parts.append(f"only of {', '.join((*rule.boxes, *rule.groups))}")
    if rule.no_data in _HANDLED:
        parts.append(f"without data: {_HANDLED[rule.no_data]}")
    return f"{'; '.join(parts)}. ({meaning(rule)})"


def meaning(rule: Rule) -> str:
    """What the number is that a rule looks at."""
    return KNOWN.get(rule.field, "")


def _outlets(rules: Rules) -> list[list[str]]:
    """Name and where it goes, without anything secret."""
    found = []
    if rules.webhook.url:
        found.append(["webhook", rules.webhook.url.split("/")[2]])
    if rules.email.server:
        found.append(["email", f"{', '.join(rules.email.to)} by {rules.email.server}"])
    return found

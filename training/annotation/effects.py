"""What an act upon a project would come to: the states after it, as they are kept."""

import sqlite3
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeAlias

from training.annotation import states, tables
from training.annotation.acts import (
    ActError,
    Ask,
    Judge,
    OfFrame,
    OfMany,
    Put,
    PutEpisode,
    RemoveEpisode,
    SetNeutral,
    SubmitMany,
    SubmittedError,
)
from training.annotation.catalog import Catalog
from training.annotation.coding import Coded, Episode
from training.annotation.keeping import coded_text, episode_from, episode_text
from training.annotation.states import NOTHING, Rules
from training.annotation.tables import Of, Texts

#: Acts that change states by themselves; the others take one of these back, or do it again.
Forward: TypeAlias = OfFrame | OfMany | PutEpisode | RemoveEpisode | SetNeutral | Ask


@dataclass(frozen=True)
class Effects:
    """Looks into the states of a database, and changes nothing there."""

    catalog: Catalog
    rules: Rules

    def after(self, db: sqlite3.Connection, coder: int, act: Forward, order: int) -> Texts:
        """The states after an act that is the journal's `order`-th.

        Raises:
            ActError: it does not fit the project.
            SubmittedError: it would change what was submitted, and does not say that it may.
            SourceError: a video that cannot be read.
        """
        count = self.catalog.count(act.sequence)
        if isinstance(act, PutEpisode):
            self.rules.check_episode(act.episode, count)
            return {(Of.EPISODE, act.identity): episode_text(act.episode)}
        if isinstance(act, RemoveEpisode):
            return {(Of.EPISODE, act.identity): None}
        if isinstance(act, SetNeutral):
            return self._neutral(act, count, order)
        if isinstance(act, Ask):
            _require_inside([act.place], count)
            return {(Of.SEEN, act.place): "1"}
        frames = self._frames(db, coder, act, count)
        return frames | self._episodes(db, coder, act, count) if isinstance(act, Put) else frames

    def _frames(self, db: sqlite3.Connection, coder: int, act: OfFrame | OfMany, count: int) -> Texts:
        sequence = self.catalog.entry(act.sequence).id
        places = states.places_of(act) if isinstance(act, Judge | SubmitMany | Put) else [act.place]
        _require_inside(places, count)
        before = {place: tables.kept_frame(db, coder, sequence, place) for place in places}
        if isinstance(act, Judge | SubmitMany | Put):
            after = states.of_many(act, before, self.rules)
        else:
            after = {act.place: states.of_frame(act, before[act.place], self.rules)}
        taking_over = isinstance(act, Put)
        for place, coded in after.items():
            states.require_allowed(before[place], coded, place, act.overwrite, taking_over)
            if not taking_over and coded not in (before[place], NOTHING):
                asked = coded.asked or tables.is_seen(db, coder, sequence, place)
                after[place] = replace(coded, asked=asked)
        return {(Of.FRAME, place): None if coded == NOTHING else coded_text(coded) for place, coded in after.items()}

    def _neutral(self, act: SetNeutral, count: int, order: int) -> Texts:
        """The newest of a participant's counts; -1 takes all of them back."""
        if not self.catalog.entry(act.sequence).participant:
            raise ActError("These pictures are of many people: none of them is natural for all.")
        _require_inside([] if act.place is None else [act.place], count)
        return {(Of.NEUTRAL, ""): f"{order} {-1 if act.place is None else act.place}"}

    def _episodes(self, db: sqlite3.Connection, coder: int, act: Put, count: int) -> Texts:
        """Those of a file instead of those that are there."""
        for episode in act.episodes:
            self.rules.check_episode(episode, count)
        there = tables.states(db, coder, self.catalog.entry(act.sequence).id, Of.EPISODE)
        if not act.episodes or Counter(episode_from(text) for _, text in there) == Counter(act.episodes):
            return {}
        if there and not act.overwrite:
            raise SubmittedError("Other episodes stand there already: say that they are to be overwritten.")
        gone: Texts = {(Of.EPISODE, name): None for name, _ in there}
        return gone | _named(act.episodes)


def _named(episodes: Collection[Episode]) -> Texts:
    """Episodes under identities of their own, the same whenever they are taken over."""
    return {(Of.EPISODE, f"put-{number}"): episode_text(one) for number, one in enumerate(episodes)}


def _require_inside(places: Collection[int], count: int) -> None:
    if outside := [place for place in places if not 0 <= place < count]:
        raise ActError(f"There is no frame {outside[0]}: the sequence has {count}, from 0 to {count - 1}.")


def as_seen(coded: Coded, seen: bool) -> Coded:
    """A frame with what the coder asked since: that makes a difference only to what is not submitted yet."""
    return replace(coded, asked=True) if seen and not coded.submitted else coded

"""The pipeline over a source, frame by frame, in this thread: for commands that record nothing."""

from collections.abc import Iterator
from contextlib import ExitStack

from device.camera.opening import open_source
from device.clock import SystemClock
from device.closing import Closing
from device.models import open_models
from device.neutrals import calibrated_neutral
from device.observation import Observation
from device.pipeline import Pipeline
from device.settings import Settings
from device.stages.frame import Frame
from device.stages.neutral import Neutral
from device.stages.personal import PersonalReader


class Watch(Closing):
    """Iterates over what the box sees in a source.

    Attributes:
        rate: pictures a second; 0 where they have none, or it is not known.
        count: how many pictures there are; 0 where that is not known.
    """

    def __init__(
        self,
        source: str,
        settings: Settings,
        rest: Neutral | None = None,
        gate: bool = True,
        own: PersonalReader | None = None,
    ) -> None:
        """Open the source, then the networks.

        Args:
            source: as after `--source`.
            settings: `run.max_frames` of them ends it early.
            rest: the person's face at rest; without one, what is kept of the person whom the settings name.
            gate, own: as of `Pipeline`.

        Raises:
            SourceError, ModelError, RuntimeMissingError, StorageError: as when running.
        """
        self._most, self._clock = settings.run.max_frames, SystemClock()
        with ExitStack() as stack:
            self._source = stack.enter_context(open_source(source, settings.camera))
            models = stack.enter_context(open_models(settings.models))
            rest = rest or calibrated_neutral(settings, settings.session.patient, self._clock)
            self._pipeline = Pipeline(models, settings, rest, gate, own)
            self._open = stack.pop_all()
        self.rate = self._source.rate
        self.count = min(self._source.count, self._most or self._source.count)

    def __iter__(self) -> Iterator[Observation]:
        index = 0
        while (not self._most or index < self._most) and (picture := self._source.read()):
            time_s = self._clock.monotonic()
            yield self._pipeline(Frame(picture.image, index, time_s, media_s=picture.media_s, name=picture.name))
            index += 1

    def close(self) -> None:
        """Close the source, free the networks."""
        self._open.close()

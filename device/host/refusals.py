"""The sentences with which the host process refuses. None repeats a pseudonym, for they reach logs and telemetry."""

from device.contract.errors import InterlockError
from device.host.view import Refusal

_SENTENCES = {
    Refusal.NO_CONSENT: "No consent of this person is recorded on this box, so the camera stays closed: ask for it "
    "and record it first.",
    Refusal.OTHER_PATIENT: "This consent was given for another person, so the camera stays closed: record one of "
    "the person who is to be watched.",
    Refusal.EXPIRED: "By this box's clock the consent of this person has ended: ask again, and record it anew.",
    Refusal.REVOKED: "This person has withdrawn their consent, so the camera stays closed: ask again before you "
    "record it anew.",
    Refusal.COVERS_NOTHING: "This consent covers neither expressions nor units, so there is nothing to record: ask "
    "what it should cover.",
    Refusal.NOBODY: "It is not said whom to watch: give a pseudonym, or prepare somebody for the button.",
    Refusal.ALREADY: "That is so already: nothing was changed.",
    Refusal.OTHER_SESSION: "A session of somebody else is open: end it first.",
    Refusal.STOPPING: "The camera is being closed just now: try again in a moment.",
    Refusal.UPDATING: "The box is being updated: wait until that is done.",
    Refusal.BUSY: "A session is open: end it first.",
    Refusal.IDLE: "No session is open.",
    Refusal.PAUSED: "The session is paused: resume or end it first.",
    Refusal.NOT_WATCHING: "The camera does not watch yet: try again when it does.",
    Refusal.NAME: "A name is 1 to 40 lower-case letters, digits and hyphens, such as 'baseline-2'.",
    Refusal.NOT_KEPT: "The box's card does not take it: free room on it, or replace it.",
    Refusal.LATE: "The command came too late and was not carried out: give it again.",
    Refusal.CLOCK: "The box's clock is not synchronized, so it cannot tell whether the command is still meant: give "
    "it on the box.",
}


class RefusedError(InterlockError):
    """A command that was refused, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(_SENTENCES[refusal])
        self.refusal = refusal

    @property
    def code(self) -> str:
        """The reason in one word, for whoever says it in another language."""
        return self.refusal.value

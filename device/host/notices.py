"""What is told of what happened. No sentence names anybody, for they reach logs and telemetry."""

from device.contract.session import Why
from device.host.view import Matter

RESTARTED = "The box was restarted during a session, and the camera is off: begin again."
BROKEN_OFF = "It was broken off, for the camera's process was needed for something else: ask again afterwards."
FRAMED = "The view for setting up was closed by itself."
#: Why a session ended → the notice and the sentence.
ENDED = {
    Why.FINISHED: (Matter.FINISHED, "The session is over: the source has no more frames."),
    Why.STOPPED: (Matter.ENDED, "The session was ended."),
    Why.EXPIRED: (Matter.EXPIRED, "The session is over: the consent has ended."),
    Why.REVOKED: (
        Matter.REVOKED,
        "The consent was withdrawn: the camera is off. What was not sent is being erased.",
    ),
    Why.LIMIT: (Matter.LIMIT, "The session is over: it lasted as long as sessions may."),
}

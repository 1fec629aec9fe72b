"""Which release runs, and whether it has proven itself."""

from collections.abc import Iterator

from device.contract.finding import Finding, Level
from device.update.layout import Layout
from device.update.standing import Step, standing, updating


def examine(layout: Layout | None = None) -> Iterator[Finding]:
    """One finding on an installed box; none elsewhere."""
    places = layout or Layout()
    if not places.current:
        return
    told = standing(places)
    if updating(places):
        text = f"{places.current} is being installed or has yet to prove itself; until then no session begins"
        yield Finding(Level.WARNING, "release", f"{text}. {told.text}".rstrip(". "))
    elif told.step in (Step.BACK, Step.REFUSED):
        yield Finding(Level.WARNING, "release", f"{places.current} runs. The last update came to nothing: {told.text}")
    else:
        yield Finding(Level.OK, "release", f"{places.current} runs and has proven itself")

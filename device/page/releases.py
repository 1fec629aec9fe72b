"""What the page knows of releases: which one runs, what a stick brought, how an installation goes."""

from dataclasses import dataclass

from device.contract.version import version
from device.update.layout import Layout
from device.update.standing import Step, offered, standing


@dataclass(frozen=True)
class Release:
    """How releases stand.

    Attributes:
        running: version of the one that runs.
        offered: version of one that the last stick brought; "" for none.
        step: of the last installation since the box was started; see `Step`.
        target: the version that it is about; "" for none.
        text: a sentence of it, or of a stick that brought nothing; "" for none.
    """

    running: str
    offered: str = ""
    step: Step = Step.NONE
    target: str = ""
    text: str = ""

    @property
    def says(self) -> str:
        """A code of the page's `update.*`."""
        if not self.step.over:
            return "installing"
        if self.offered:
            return "available"
        return self.step.value or ("no_stick" if self.text else "none")


def release(layout: Layout | None = None) -> Release:
    """How they stand now."""
    last, stick = standing(layout), offered(layout)
    running = last.version or version()
    brought = stick.version if stick and stick.version != running else ""
    told = last.text or (stick.text if stick and not stick.version else "")
    return Release(running, brought, last.step, last.target, told)

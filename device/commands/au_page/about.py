"""How the page is to be read: what its numbers mean, and what they do not."""

from device.commands.au_page.marks import counted, text
from device.contract.version import version


def about(voters: tuple[str, ...], rest: str) -> str:
    """How to read it."""
    calibrated = f"The face at rest '{rest}' was taken into account." if rest else "No face at rest was known."
    return (
        '<section class="about"><h2>How to read this</h2><ul>'
        "<li><strong>Action units</strong> are movements of the face (FACS). Intensity goes from 0 to 5, as A to E of "
        "FACS coders; from 1 on a unit is present, and its row is dark. <b>~</b> low confidence, <b>?</b> "
        "experimental: how good each is, the model card of the network says. – was not measured.</li>"
        "<li><strong>Expression</strong> is what annotators would call the picture, not what the person feels. It is "
        f"a vote: the mean of {counted(len(voters), 'voter')} ({text(', '.join(voters))}). The thin line in a bar "
        "goes from the voter that gives least to the one that gives most; disagreement is 0 where all say the same "
        "and 1 where each is sure of something else. Heads of one network agree more easily than networks.</li>"
        "<li><strong>Left and right</strong> of units are the person's own; of the head, as you see the picture.</li>"
        f"<li>{calibrated} Without it, brows that are low by nature look lowered.</li>"
        f"<li>Not measured means that the box would not trust the picture. Made by Affectbox {text(version())}; the "
        "table of <code>affectbox au</code> has every number.</li></ul></section>"
    )

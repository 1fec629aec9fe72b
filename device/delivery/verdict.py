"""What an answer of the database means for the batch that was sent.

    answer                     meaning                                   the uploader then
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
    204                        accepted                                  forgets the batch
    400, 413                   something in the batch is refused         finds out which record, keeps it apart
    401, 403                   not let in, or a rule refuses a record    has the token renewed, tries again at once;
                                                                         then as 400, with the long delay
    429                        too many writes                           waits as long as `Retry-After` says
    503 and any other 5xx      the database is in trouble                waits (`Retry-After`, else backoff)
    200 and any other 2xx      not the database: a captive portal        waits (backoff)
    3xx                        a redirect, not followed                  waits (backoff)
    any other 4xx              not the database, or a wrong address      waits (backoff)
    none                       no network, no name, no TLS, half-open    waits (backoff), and halves the batch, so
                               connection, silence, an answer that is    that it passes a link that is too slow for
                               malformed, cut short or endless           the whole of it within the time limit

Only 204 counts as accepted: it is what the database says to `print=silent`, and what no captive portal says.
"""

from enum import Enum

from device.delivery.database import ACCEPTED, Answer

_SHOWN = 200


class Verdict(Enum):
    """See the table above."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DENIED = "denied"
    LATER = "later"


def judge(answer: Answer) -> Verdict:
    """The row of the table that an answer falls in."""
    if answer.status == ACCEPTED:
        return Verdict.ACCEPTED
    if answer.status in (400, 413):
        return Verdict.REFUSED
    if answer.status in (401, 403):
        return Verdict.DENIED
    return Verdict.LATER


def explain(answer: Answer) -> str:
    """The trouble as the box shows it, one line."""
    status, text = answer.status, " ".join(answer.text.split())
    if status == 0:
        said = f"no answer: {text}"
    elif status in (401, 403):
        said = f"{status}: the database does not let this box in ({text or 'no reason given'})"
    elif 200 <= status < 300:
        said = f"{status}: not the database's answer; does this network want somebody to log in?"
    elif 300 <= status < 400:
        said = f"{status}: sent on to '{text}', and not going there; does this network want somebody to log in?"
    elif status == 429:
        said = "429: the database takes no more writes for now"
    else:
        said = f"{status}: {text}"
    return said[:_SHOWN].rstrip(" :")

"""Some weeks of simulated patients with every record, in a database: what docs/analysis.md asks questions of.

python -m tests.cloud.weeks URL     # puts them into the local database at URL
"""

import sys
from dataclasses import replace

import httpx

from cloud.demo.people import plans
from cloud.demo.sessions import documents

#: Pseudonym → how many of the last sessions.
WHOM = {"p-0007": 9, "p-0012": 2, "x-b3d8f5h1jz": 2}
_SEED, _UNTIL_S, _MINUTES = 1, 1_795_000_000.0, 5.0


def fill(url: str) -> None:
    """Put the sessions into a database, as boxes would have sent them."""
    planned = plans(_SEED, max(WHOM.values()), _UNTIL_S, _MINUTES)
    with httpx.Client(timeout=30.0) as client:
        for whom, count in WHOM.items():
            for plan in [one for one in planned if one.person.pseudonym == whom][-count:]:
                whole = dict(documents(replace(plan, records=True, hz=5)))
                client.patch(url.replace("/?", "/.json?"), json=whole).raise_for_status()


if __name__ == "__main__":
    fill(sys.argv[1])

"""What settings choose from: names that the documents of the contract hold, without the documents."""

import re

DEVICE_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
#: What is sent: every record, an aggregate a second, or one a minute.
MODES = ("records", "seconds", "minutes")
#: What a consent can cover.
COVERS = ("expressions", "units", "live", "personal", "diagnosis", "atypicality")
#: Who can give it.
GIVERS = ("patient", "guardian")

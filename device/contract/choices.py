"""What settings choose from: names that the documents of the contract hold, without the documents."""

import re

DEVICE_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
#: What is sent: every record, an aggregate a second, or one a minute.
MODES = ("records", "seconds", "minutes")
#: What a consent can cover.
COVERS = ("expressions", "units", "live", "personal", "diagnosis", "atypicality")
#: How old a person is, in years: all that a consent says of it.
AGES = ("under-6", "6-12", "13-17", "18-64", "65-up")
#: Who can give it.
GIVERS = ("patient", "guardian")
#: What would help the measuring, in codes of `device.service.glimpse`; left and right are the person's own.
HINTS = tuple(
    "no_face light_from_behind more_light less_light outside come_closer go_back move_left move_right move_up "
    "move_down turn_to_camera lamp_left lamp_right focus others".split()
)

"""The state of a box for whoever watches over it: `status.json` in the folder of the host process, anew each second at
most. It holds no clinical content and no pseudonym.
"""

from device.contract.fields import LATEST_S, Field, Json, schema

VERSION = 1
FILE = "status.json"
STATES = ("idle", "framing", "starting", "watching", "paused", "stopping", "checking", "revoking", "updating")
LIGHTS = ("off", "on", "slow", "pulse", "trouble")

FIELDS = (
    Field("v", "integer", "version of this format", VERSION, VERSION, required=True),
    Field("device", "string", "name of the box", required=True, key=True),
    Field("version", "string", "version of the software", required=True),
    Field("time", "number", "when this was written, seconds since 1970", 0, LATEST_S, required=True),
    Field("trusted", "boolean", "whether the wall clock is synchronized", required=True),
    Field("state", "string", f"what the box is doing: {', '.join(STATES)}", required=True),
    Field("seconds", "number", "for how long, seconds", 0, required=True),
    Field("camera", "boolean", "whether the camera is open, or might be", required=True),
    Field("lamp", "string", f"what the lamp shows: {', '.join(LIGHTS)}", required=True),
    Field("fitted", "boolean", "whether there is a lamp", required=True),
    Field("unattended", "boolean", "whether sessions begin with nobody asked", required=True),
    Field("restarts", "integer", "how often the camera's process failed in this session", 0, required=True),
    Field("trouble", "string", "what keeps the box from what was asked for, in words; absent: nothing does"),
    Field("notice", "string", "the last thing that a person should know of, in words"),
    Field("rate", "number", "frames looked at a second", 0),
    Field("recorded", "integer", "frames recorded by this process of the camera daemon", 0),
    Field("measured", "integer", "and of them measured", 0),
    Field("waiting", "integer", "documents that wait for the network", 0),
    Field("temperature", "number", "processor temperature, degrees Celsius", -50, 150),
    Field("throttled", "boolean", "whether the machine is throttled or under voltage now"),
    Field("rss.host", "number", "resident memory of the host process, MB (10^6 bytes)", 0, required=True),
    Field("rss.daemon", "number", "resident memory of the camera daemon, MB (10^6 bytes)", 0),
)


def json_schema() -> Json:
    """The JSON Schema (2020-12) of the status."""
    return schema(FIELDS, f"Affectbox status, version {VERSION}")

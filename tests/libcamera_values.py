"""The types of values in libcamera's Python bindings, as Picamera2 needs them; see `tests.libcamera_standin`."""

import enum
from types import SimpleNamespace
from unittest.mock import MagicMock


class Hashed:
    """A value type as the bindings have them."""

    def __init__(self, *values, **named):
        self.values = values[0].values if values and isinstance(values[0], Hashed) else values or (*named.items(),)

    def __str__(self):  # Picamera2 makes it the __repr__
        return str(self.values)

    def __hash__(self):
        return hash(self.values)

    def __eq__(self, other):
        return type(self) is type(other) and self.values == other.values


class Transform(Hashed):
    def __init__(self, other=None, hflip=0, vflip=0, transpose=0):
        super().__init__(*(other.values if other else map(bool, (hflip, vflip, transpose))))
        self.hflip, self.vflip, self.transpose = self.values


class ColorSpace(Hashed):
    YcbcrEncoding = enum.Enum("YcbcrEncoding", "Null")
    Range = enum.Enum("Range", "Full Limited")
    transferFunction = ycbcrEncoding = range = None

    @property
    def primaries(self):
        return self.values


for _name in ("Sycc", "Smpte170m", "Rec709", "Raw"):
    setattr(ColorSpace, _name, staticmethod(lambda name=_name: ColorSpace(name)))


class Size:
    def __init__(self, width, height):
        self.width, self.height = width, height


class Rectangle:
    def __init__(self, x, y, width, height):
        self.x, self.y, self.width, self.height = x, y, width, height


class Limits:
    """What a control may be."""

    def __init__(self, low, high, default):
        self.min, self.max, self.default = low, high, default


class ControlId:
    """A control or a property: it has a name and a type."""

    def __init__(self, name):
        self.name, self.type = name, None


class Names:
    """Every attribute is the control of that name."""

    def __init__(self):
        self.draft = SimpleNamespace(
            NoiseReductionModeEnum=SimpleNamespace(Fast=1, Minimal=3, HighQuality=2, Off=0),
            ColorFilterArrangementEnum=MagicMock(),
        )

    def __getattr__(self, name):
        control = ControlId(name)
        setattr(self, name, control)
        return control


class Plane:
    fd = offset = length = 0


class FrameBuffer:
    Plane = Plane

    def __init__(self, planes):
        self.planes, self.metadata = planes, SimpleNamespace(status="Success")

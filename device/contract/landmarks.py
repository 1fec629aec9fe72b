"""The 68 landmarks of iBUG and OpenFace, as places between MediaPipe's 468: the one place where they are spelled.

A landmark is at one of MediaPipe's points, or between two. They were chosen, the same on both sides of the face, on
200 faces of USC ICT-FaceKit's head that nobody has (random identities and expressions, turned up to 20°), painted and
looked at with both landmark networks of the box, so that they lie nearest to ICT-FaceKit's own 68 vertices. On 200
others the mean error is 2.3 % of the distance of the outer corners of the eyes, against 4.5 % of the usual list of
68 of MediaPipe's points; by region: docs/measuring.md. `affectbox-training face landmarks` chooses and measures again.

Numbers begin with 0, as in OpenFace's columns `x_0` … `x_67`; right and left are the person's own. Source of the
order: Sagonas et al. 2013, *300 Faces in-the-Wild Challenge*.
"""

#: What can be asked for; 478 has the irises too, which only `face-landmarks` finds.
COUNTS = (68, 478)

Place = tuple[tuple[int, float], ...]


def _at(point: int, other: int | None = None, share: float = 1.0) -> Place:
    """At a point of MediaPipe's, or `share` of the way to it from another."""
    return ((point, share),) if other is None else ((point, share), (other, round(1 - share, 1)))


#: Of each of the 68: MediaPipe's points and their shares, which add up to 1.
SIXTY_EIGHT: tuple[Place, ...] = (
    # jaw
    _at(127, 162, 0.6),
    _at(227, 234, 0.5),
    _at(137, 177, 0.7),
    _at(215, 177, 0.6),
    _at(138, 172, 0.7),
    _at(150, 136, 0.5),
    _at(149, 204, 0.9),
    _at(171, 140, 0.7),
    _at(175),
    _at(396, 369, 0.7),
    _at(378, 424, 0.9),
    _at(379, 365, 0.5),
    _at(367, 397, 0.7),
    _at(435, 401, 0.6),
    _at(366, 401, 0.7),
    _at(447, 454, 0.5),
    _at(356, 389, 0.6),
    # right brow
    _at(70),
    _at(63, 105, 0.7),
    _at(105, 66, 0.7),
    _at(66, 107, 0.7),
    _at(107, 9, 0.8),
    # left brow
    _at(336, 9, 0.8),
    _at(296, 336, 0.7),
    _at(334, 296, 0.7),
    _at(293, 334, 0.7),
    _at(300),
    # bridge and tip of the nose
    _at(168, 6, 0.6),
    _at(197),
    _at(195, 5, 0.6),
    _at(4),
    # base of the nose
    _at(98, 167, 0.6),
    _at(164, 75, 0.5),
    _at(2, 164, 0.6),
    _at(164, 305, 0.5),
    _at(327, 393, 0.6),
    # right eye
    _at(247, 24, 0.6),
    _at(160),
    _at(158),
    _at(155),
    _at(153),
    _at(144),
    # left eye
    _at(382),
    _at(385),
    _at(387),
    _at(467, 254, 0.6),
    _at(373),
    _at(380),
    # outer lips
    _at(61, 43, 0.8),
    _at(39, 184, 0.7),
    _at(0, 39, 0.5),
    _at(0),
    _at(0, 269, 0.5),
    _at(269, 408, 0.7),
    _at(291, 273, 0.8),
    _at(321, 405, 0.7),
    _at(405, 17, 0.7),
    _at(17),
    _at(181, 17, 0.7),
    _at(91, 181, 0.7),
    # inner lips
    _at(77),
    _at(81),
    _at(13),
    _at(311),
    _at(307),
    _at(402),
    _at(14),
    _at(178),
)

#: Part of the face of each of the 68.
REGIONS_68 = (
    *("jaw",) * 17,
    *("right brow",) * 5,
    *("left brow",) * 5,
    *("nose",) * 9,
    *("right eye",) * 6,
    *("left eye",) * 6,
    *("mouth",) * 20,
)

_JAW = (
    *(f"right jaw {number}" for number in range(1, 8)),
    *("right of the chin", "chin", "left of the chin"),
    *(f"left jaw {number}" for number in range(7, 0, -1)),
)
_BROW = ("outer end", "outer part", "middle", "inner part", "inner end")
_NOSE = (
    *("nose root", "upper nose bridge", "lower nose bridge", "nose tip"),
    *("right nose wing", "right nostril", "nose base", "left nostril", "left nose wing"),
)
_RIGHT_EYE = (
    "outer corner",
    "outer upper lid",
    "inner upper lid",
    "inner corner",
    "inner lower lid",
    "outer lower lid",
)
_LEFT_EYE = (
    "inner corner",
    "inner upper lid",
    "outer upper lid",
    "outer corner",
    "outer lower lid",
    "inner lower lid",
)
_LIPS = (
    *("right mouth corner", "right upper lip", "right peak of the upper lip", "middle of the upper lip"),
    *("left peak of the upper lip", "left upper lip", "left mouth corner", "left lower lip"),
    *("lower lip, left of the middle", "middle of the lower lip", "lower lip, right of the middle", "right lower lip"),
)
_INNER = (
    *("right inner mouth corner", "right inner upper lip", "inner middle of the upper lip", "left inner upper lip"),
    *("left inner mouth corner", "left inner lower lip", "inner middle of the lower lip", "right inner lower lip"),
)
#: What each of the 68 is called.
NAMES_68 = (
    *_JAW,
    *(f"{part} of the right brow" for part in _BROW),
    *(f"{part} of the left brow" for part in reversed(_BROW)),
    *_NOSE,
    *(f"{part} of the right eye" for part in _RIGHT_EYE),
    *(f"{part} of the left eye" for part in _LEFT_EYE),
    *_LIPS,
    *_INNER,
)

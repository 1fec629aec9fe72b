"""ELAN's files (.eaf, EAF 3.0): an XML document of each coder and film, a tier of each action and side.

Tiers `AU12`, `AU12 left` and so on hold episodes; the value is `1`, or a letter of intensity, then `; apex 41` (the
number of the frame) and `; open` where no offset was coded. Episodes that overlap are in tiers `AU12 #2`. Tiers
`AU12 frames` hold what was coded frame by frame, equal neighbours as one annotation, and `frames` how the frames were
left: submitted, draft, hidden, not codable, asked, judged. Of a submitted frame an action that nothing is written of
is absent, or was not coded where its part is hidden.

Source: Max Planck Institute for Psycholinguistics, *ELAN Annotation Format*, EAFv3.0.xsd.
"""

SUFFIX = ".eaf"
#: The tier that says how frames were left.
STATES = "frames"
#: Properties of a document.
SEQUENCE, SCALE, CODED = "affectbox:sequence", "affectbox:scale", "affectbox:actions"
#: In a tier of frames: submitted, and the action not coded though nothing is hidden.
NOT_CODED = "not coded"

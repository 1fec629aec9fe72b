"""Which action units make which expression: the table behind `labels.EXPRESSIONS`, each row with its source.

An expression is another way to read action units, never evidence beside them: it can be no surer than the least sure
unit that it requires (`Template.tier`). Where SPAFF or we name an attitude, the face is only part of what a coder
goes by: posture, gesture, voice and words are not seen here.

Required units are present in every case (`6|7`: one of the two suffices). Optional ones are written with the share of
people who show them, `6:.51`, and 1 where the source gives none. Opposing units speak against the expression.
"""

from dataclasses import dataclass
from functools import cached_property

from device.contract.labels import ACTION_UNITS, EXPRESSIONS, Tier

#: Ekman, Friesen & Hager 2002, *FACS Investigator's Guide* (prototypes as in EMFACS); shares of optional units: `DU`.
EKMAN = "Ekman et al. 2002"
#: Du, Tao & Martinez 2014, 'Compound facial expressions of emotion', PNAS 111 (15), table 1: required are the units
#: that more than 70 % of the posers showed. Compared with secondary copies of the table, not with the print.
DU = "Du et al. 2014"
#: Du et al. as above, with one of their optional units required, because rows of theirs do not differ otherwise.
DU_NARROWED = "Du et al. 2014, narrowed"
#: Prkachin & Solomon 2008, 'The structure, reliability and validity of pain expression', Pain 139: the parts of PSPI.
PRKACHIN = "Prkachin & Solomon 2008"
#: Ruch & Ekman 2001, 'The expressive pattern of laughter': laughing, not humour as such.
RUCH = "Ruch & Ekman 2001"
#: Cues of the face in the Specific Affect Coding System, Coan & Gottman 2007; taken from a secondary copy.
SPAFF = "Coan & Gottman 2007 (SPAFF), second-hand"
#: Messinger, Mattson, Mahoor & Cohn 2012, 'The eyes have it', Emotion 12 (3): the cry-face of infants, by stretched
#: lips and narrowed eyes. Brows drawn together, and lip corners pulled down as adults do, are added by us.
MESSINGER = "Messinger et al. 2012, widened"
#: No published template is known to us: our own reading of the word.
OWN = "our own reading"

#: They part the lips and close the eyes of whoever talks and blinks, so alone they make nobody less peaceful.
OF_NO_MEANING_ALONE = ("AU25", "AU26", "AU43")

_TIERS = {unit.key: unit.tier for unit in ACTION_UNITS}
_WEAKEST_LAST = tuple(Tier)


@dataclass(frozen=True)
class Template:
    """One expression as action units, written by their numbers."""

    name: str
    source: str
    requires: str
    may_have: str = ""
    opposed: str = ""

    @cached_property
    def required(self) -> tuple[tuple[str, ...], ...]:
        """Groups of keys; one unit of each group has to be present."""
        return tuple(tuple(f"AU{number}" for number in group.split("|")) for group in self.requires.split())

    @cached_property
    def optional(self) -> dict[str, float]:
        """Share, 0–1, of people who show each optional unit with this expression."""
        parts = (word.partition(":") for word in self.may_have.split())
        return {f"AU{number}": float(share or 1) for number, _, share in parts}

    @cached_property
    def against(self) -> tuple[str, ...]:
        """Units whose presence speaks against this expression."""
        return tuple(f"AU{number}" for number in self.opposed.split())

    @property
    def tier(self) -> Tier:
        """The weakest tier among all units that the required groups may rest on."""
        return max((_TIERS[unit] for group in self.required for unit in group), key=_WEAKEST_LAST.index)


TEMPLATES = (
    # Basic. Disgust also has a prototype with AU10 alone, which is not used: AU10 is experimental. Contempt is the
    # one-sided AU14 (or 12); that it is one-sided is not checked.
    Template("happy", EKMAN, "6 12", "25 7", "4 9 15 20"),
    Template("sad", EKMAN, "1 4 15", "6:.5 17:.67", "12 20"),
    Template("fearful", EKMAN, "1 2 4 5 20", "25 26:.33", "12"),
    Template("angry", EKMAN, "4 7 23|24", "5 17:.52 10:.26", "1 2 12"),
    Template("surprised", EKMAN, "1 2 26", "5:.66 25", "4 12 15 20"),
    Template("disgusted", EKMAN, "9", "10 17 15 16 25 4:.31 24:.26", "1 2 12"),
    Template("contemptuous", EKMAN, "14", "12:.5", "4 6 9 15"),
    # Compound. AU11, which Du et al. list as optional in places, is not estimated.
    Template("happily_surprised", DU, "1 2 12 25", "5:.64 26:.67", "4 15"),
    Template("happily_disgusted", DU, "10 12 25", "4:.32 6:.61 9:.59", "1 2 15"),
    Template("sadly_fearful", DU, "1 4 20 25", "2:.46 5:.24 6:.34 15:.30", "12"),
    Template("sadly_angry", DU, "4 15", "6:.26 7:.48 17:.50", "1 2 12"),
    Template("sadly_surprised", DU, "1 4 25 26", "2:.27 6:.31", "12 20"),
    Template("sadly_disgusted", DU_NARROWED, "4 10 15", "1:.49 6:.61 9:.20 17:.47 25:.43", "12"),
    Template("fearfully_angry", DU, "4 20 25", "5:.40 7:.39 10:.30", "12"),
    Template("fearfully_surprised", DU, "1 2 5 20 25", "4:.47 10:.35 26:.51", "12"),
    Template("fearfully_disgusted", DU, "1 4 10 20 25", "2:.64 5:.50 6:.26 9:.28 15:.33", "12"),
    Template("angrily_surprised", DU, "4 25 26", "5:.35 7:.50 10:.34", "12 15"),
    Template("angrily_disgusted", DU, "4 10 17", "7:.60 9:.57 24:.36", "1 2 12"),
    Template("disgustedly_surprised", DU, "1 2 5 10", "4:.45 9:.37 17:.66 24:.33", "12"),
    # More. Threatened is also a variant of surprise (Ekman et al. 2002: 1+2+5); which it is, the face does not tell.
    Template("enthusiastic", OWN, "1 2 6 12 25", "5 26", "4 15"),
    Template("humorous", RUCH, "6 12 25 26", "7", "1 2 4 15"),
    Template("interested", OWN, "1 2", "12:.5", "4 5 15 17 24 26"),
    Template("affirmative", OWN, "1 2 6 12", "", "4 15 25"),
    Template("belligerent", SPAFF, "1 2 17", "", "12 15"),
    Template("domineering", SPAFF, "2", "4:.5", "1 12 15"),
    Template("defensive", OWN, "1 2 24", "14:.5", "12 15"),
    Template("threatened", SPAFF, "1 2 5", "4:.5", "12 20 26"),
    Template("whining", SPAFF, "1 15", "2:.3 17:.5", "4 12"),
    Template("awed", DU, "1 2 5 25", "4:.21 20:.62 26:.56", "12 15"),
    Template("hateful", DU_NARROWED, "4 7 10 17", "9:.27 24:.37", "1 2 12"),
    Template("painful", PRKACHIN, "4 6|7 9|10", "", "1 2 12"),
    Template("crying", MESSINGER, "4 6|7 15|20", "1 9:.5 10:.5 17 25 26 43", "2 12"),
)

CRYING, PEACEFUL = EXPRESSIONS[-2:]
#: What the eight emotions may say of a face that shows an expression: by the emotion in its name, or that of its
#: source; attitudes that go with several are bound to none, and contradict nothing.
SAID_OF = {
    "happy": "happiness",
    "sad": "sadness",
    "fearful": "fear surprise",
    "angry": "anger disgust",
    "surprised": "surprise fear",
    "disgusted": "disgust anger contempt",
    "contemptuous": "contempt neutral disgust anger happiness",
    "happily_surprised": "happiness surprise",
    "happily_disgusted": "happiness disgust",
    "sadly_fearful": "sadness fear",
    "sadly_angry": "sadness anger",
    "sadly_surprised": "sadness surprise fear",
    "sadly_disgusted": "sadness disgust anger",
    "fearfully_angry": "fear anger surprise",
    "fearfully_surprised": "fear surprise",
    "fearfully_disgusted": "fear disgust surprise",
    "angrily_surprised": "anger surprise fear",
    "angrily_disgusted": "anger disgust",
    "disgustedly_surprised": "disgust surprise fear",
    "enthusiastic": "happiness surprise",
    "humorous": "happiness",
    "affirmative": "happiness",
    "whining": "sadness neutral fear",
    "hateful": "anger disgust",
    "crying": "sadness fear",
    "peaceful": "neutral happiness",
}
_BY_NAME = {template.name: template for template in TEMPLATES}


def tier(expression: str) -> Tier:
    """How far an expression can be relied on: no further than its weakest required unit. 'Peaceful' rests on what is
    not there, doubtful units among it, and on the emotions: confidence is low."""
    return Tier.LOW_CONFIDENCE if expression == PEACEFUL else _BY_NAME[expression].tier

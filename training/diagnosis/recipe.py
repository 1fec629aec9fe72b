"""How the reference network is learnt."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Elastic-net logistic regression.

    Attributes:
        columns: features kept, those with the largest F of an analysis of variance; 0: all.
        strengths: penalties λ, of which inner folds choose one by log loss. The penalty is
            λ (l1_ratio |w| + (1 − l1_ratio) |w|² / 2), beside the mean log loss.
        l1_ratio: share of the absolute weights in the penalty.
        clip: standardized features beyond ± this are cut to it.
        inner: folds inside of the people learnt from, that choose λ and calibrate.
        alpha: share of conformal sets that may miss the right group.
        measured: columns known of a smaller share of people are not used.
    """

    columns: int = 32
    strengths: tuple[float, ...] = (0.2, 0.1, 0.05, 0.02)
    l1_ratio: float = 0.5
    clip: float = 3.0
    inner: int = 5
    alpha: float = 0.1
    measured: float = 0.5

    @property
    def middle(self) -> float:
        """The middle one of the strengths, of an even number the stronger one."""
        return self.strengths[(len(self.strengths) - 1) // 2]


REFERENCE = Recipe()

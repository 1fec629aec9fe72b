"""The action-unit estimator as plain arrays: what is fitted, and what `network` writes into the bundle.

With `d` the features minus a neutral face, and for each view of the face (both sides, left alone, right alone):

    score     = clip(measures @ d * gain + shift, ±6) @ ridge + direct @ d + bias
    asymmetry = half of left minus right, less what symmetric faces show too (slack)
    intensity = a line through the points (knots, 0 – 0.1 – 1 – 5), for score, score ± asymmetry

The first term is the regression learnt from synthetic faces, the second the rules and the blendshapes, all weighted by
evidence. A side differs from both only beyond the slack, because a turned head makes faces look lopsided. There is one
such set of arrays for differences to the person's own neutral face, and one for differences to the mean of many
people's.
"""

from dataclasses import dataclass

import numpy as np

from device.arrays import FloatArray

CLIP = 6.0
#: Intensity at each knot. Below 0.1 the order of faces is kept, though all of them are at rest.
LEVELS = (0.0, 0.1, 1.0, 5.0)


@dataclass(frozen=True, eq=False)
class Mode:
    """One set of arrays; V views, M measures, F features, U action units.

    Attributes:
        measures: (V, M, F).
        gain, shift: (M,), which standardize the measures.
        ridge: (M, U).
        direct: (V, U, F).
        bias: (U,).
        slack: (U,).
        knots: (U, 4), scores of the `LEVELS`, rising.
    """

    measures: FloatArray
    gain: FloatArray
    shift: FloatArray
    ridge: FloatArray
    direct: FloatArray
    bias: FloatArray
    slack: FloatArray
    knots: FloatArray

    def scores(self, difference: FloatArray) -> FloatArray:
        """(N, V, U) of differences (N, F), each view by itself."""
        measured = np.einsum("vmf,nf->nvm", self.measures, difference) * self.gain + self.shift
        direct = np.einsum("vuf,nf->nvu", self.direct, difference)
        return np.asarray(np.clip(measured, -CLIP, CLIP) @ self.ridge + direct + self.bias, np.float32)

    def asymmetry(self, difference: FloatArray) -> FloatArray:
        """(N, U): half of left minus right."""
        _, left, right = self.scores(difference).transpose(1, 0, 2)
        return np.asarray((left - right) / 2, np.float32)

    def intensities(self, difference: FloatArray) -> FloatArray:
        """(N, V, U), 0–5, of differences (N, F)."""
        both, aside = self.scores(difference)[:, 0], self.asymmetry(difference)
        aside = aside - np.clip(aside, -self.slack, self.slack)
        scores = np.stack([both, both + aside, both - aside], 1)[..., None]
        share = np.clip((scores - self.knots[:, :-1]) / np.diff(self.knots), 0, 1)
        return np.asarray(share @ np.diff(LEVELS), np.float32)


@dataclass(frozen=True, eq=False)
class Estimator:
    """The whole estimator.

    Attributes:
        raw, sub: for differences to `mean_neutral`, and to the person's own neutral face.
        mean_neutral: (F,), the face at rest of many people.
        yielding: (U, U), 1 where the row's action unit, once present, takes the place of the column's.
    """

    raw: Mode
    sub: Mode
    mean_neutral: FloatArray
    yielding: FloatArray

    def __call__(self, features: FloatArray, neutral: FloatArray | None = None) -> FloatArray:
        """Intensities (N, V, U) of faces (N, F), with the neutral faces (N, F) or (F,) of the same people if known."""
        if neutral is None:
            found = self.raw.intensities(features - self.mean_neutral)
        else:
            found = self.sub.intensities(features - neutral)
        return np.asarray(found * (1 - np.clip(found @ self.yielding - 1, 0, 1)), np.float32)

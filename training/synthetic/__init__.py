"""The action-unit estimator that ships with the box, learnt from synthetic faces.

facekit     USC ICT-FaceKit at the points that MediaPipe sees
recipe      au-geometry.toml: what is drawn, measured and believed
sampling    identities × expressions × nuisance × pose × camera × noise
real        features of real faces with clear emotions
measures    heights, widths and gaps of regions, formulae over them
estimator   the estimator as plain arrays
fitting     ridge regression, weights of the sources, calibration
network     the arrays as a .tflite network
receipt     what is measured of it
card        the model card
build       all of it in order
command     `affectbox-training au-synthetic`
"""

from pathlib import Path

SHIPPED_RECIPE = Path(__file__).parent / "au-geometry.toml"

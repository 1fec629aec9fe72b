"""Names for the arrays that pass between stages."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ByteImage = NDArray[np.uint8]
Array = NDArray[Any]

"""The way of the data, in its order; each module may import the ones above it, never one below.

    geometry  quantile  frame  detector  landmarks  tracker  pose  quality  aligner
    reader  expression  appearance  personal  calm  neutral  eyes  codes  expressions  smoother

A stage is a plain callable from one frozen dataclass to the next, with no thread and no I/O. Images are uint8 arrays
(height, width, 3) in BGR, as OpenCV gives them; coordinates are pixels, x to the right and y down, the centre of the
first pixel at (0.5, 0.5).
"""

"""MediaPipe's FaceLandmarker over a video, for `affectbox bench`: run by an interpreter that has MediaPipe.

    python -I mediapipe_worker.py TASK_FILE VIDEO MAX_FRAMES

Nothing of the box is imported here, and nobody imports this. The last line printed is a JSON object: `frames`, `faces`
(frames with a face) and `cpu_ms_per_frame`, or `error`. One processor is all that it gets, so that MediaPipe, which
takes no number of threads, makes no more of them than it must.
"""

import json
import os
import sys
import time
from typing import Any

_WARM_UP = 16  # frames before the measuring begins


def main(task: str, video: str, max_frames: int) -> dict[str, Any]:
    """Processor time of all threads for a frame: reading it, the conversion to RGB, landmarks and blendshapes."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import cv2  # noqa: PLC0415  # only after that do libraries count the processors
    import mediapipe  # noqa: PLC0415
    from mediapipe.tasks import python  # noqa: PLC0415
    from mediapipe.tasks.python import vision  # noqa: PLC0415

    cv2.setNumThreads(1)
    options = vision.FaceLandmarkerOptions(
        base_options=python.BaseOptions(model_asset_path=task, delegate=python.BaseOptions.Delegate.CPU),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=1,
        output_face_blendshapes=True,
    )
    capture = cv2.VideoCapture(video, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    frames, faces, time_ms, start_s = 0, 0, -1, 0.0
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        while frames != max_frames or not max_frames:
            if frames == _WARM_UP:
                start_s = time.process_time()
            if not capture.grab():
                break
            time_ms = max(int(capture.get(cv2.CAP_PROP_POS_MSEC)), time_ms + 1)
            rgb = cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2RGB)
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
            faces += bool(landmarker.detect_for_video(image, time_ms).face_blendshapes)
            frames += 1
        spent_s = time.process_time() - start_s
    if frames <= _WARM_UP:
        return {"error": f"it read only {frames} frames of {video}: give a video of some seconds"}
    return {"frames": frames, "faces": faces, "cpu_ms_per_frame": spent_s * 1000 / (frames - _WARM_UP)}


if __name__ == "__main__":
    try:
        answer = main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    except ImportError as error:
        hint = "name an interpreter that can, after --versus-mediapipe"
        answer = {"error": f"it cannot import MediaPipe ({error}); {hint}"}
    print(json.dumps(answer))

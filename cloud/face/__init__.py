"""The digital face: a session replayed on a standardized face that is nobody's.

    face.glb    the face, baked by `affectbox-training face`; its card is face.toml
    mesh.py     reads it; painter.py paints it
    heat.py     where on it there was activity, in colours
    track.py    a session's table → what the face shows at any moment, or why it shows nothing
    packed.py   the same as JSON that a browser plays
    viewer/     the player's source; `make face-viewer` builds viewer.js of it
    embed.py    the player as a part of an HTML page that needs nothing else

Weight of a target = intensity / 5: one for each action unit and side, `AU12_L` the person's own left. Nothing is
mapped at run time, no shape of anybody's face is known here, and no pixel.
"""

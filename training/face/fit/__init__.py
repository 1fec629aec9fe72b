"""A head from a picture or a video of one person who agreed to it.

    picture ─► landmarks ─► rough: pose, identity, expression ─► light ─► detailed: displacement from shading

What it makes is a likeness of a person. Sessions are never shown on it: their face is nobody's (`cloud.face`).
"""

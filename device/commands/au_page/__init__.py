"""The page of `affectbox au --page`: one HTML file that needs no other, no script and no network.

`writing` gathers and writes it, `card` is one picture or moment, `figure` where the face is, `course` a video over
time, `summary` all together, `marks` what they share. What it shows is what the table holds, in words and bars.
"""

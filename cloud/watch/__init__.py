"""What watches the fleet when nobody looks: how each box is, a day of its numbers, alerts and who is told of them.

`health.py`, `fields.py`, `alerts.py` and `messages.py` compute and do nothing else; `history.py` and `board.py` keep;
`outlets.py` tells; `watch.py` runs it all. It reads telemetry and the names of boxes, and nothing clinical.
"""

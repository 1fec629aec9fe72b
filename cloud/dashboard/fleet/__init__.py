"""The engineer's side of the dashboard, as far as it is no page: what is shown of a fleet, and how it is commanded.

    /telemetry, /boxes ──► Feed (one a visit) ──► rows ──► delta ──► each tab of that visit
                                │
                                └──► Orders: commands, at most so many at once, followed to their end

How a box is, in words, decides `cloud.watch`.
"""

"""The dashboard: live sessions and patients for clinicians, the fleet for engineers, accounts for admins.

    browser ──── pages and callbacks (Dash) ────► guard ─► pages ─┐
       ▲                                                          ├─► Base ─► the database, as the person signed in
       └──── one WebSocket a tab: what is live ──► guard ─► topics┘

It holds no key of its own: every read and write carries the token of the person who is signed in, so the database's
rules decide (see `cloud/rules`), and not what a page hides.
"""

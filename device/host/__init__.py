"""The process that is always there: button, lamp, control socket, consents, and the page. It holds no camera.

    button ─┐                            ┌─► lamp
    page   ─┤                            ├─► page
    socket ─┼─► interlock ─► launcher ═══╪═► camera daemon: one process, one session
    afar   ─┘       ▲                    └─► status
                    └── consents

Everybody who commands calls the same methods of the interlock, and what is shown comes from one snapshot of it. No
numpy, OpenCV or network runs here, so that it stays small beside the camera daemon.
"""

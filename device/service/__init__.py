"""The daemon: delivery always, camera and networks only in a session."""

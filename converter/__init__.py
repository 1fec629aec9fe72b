"""The workstation's converter: third-party models and trained checkpoints become bundles that the device accepts."""

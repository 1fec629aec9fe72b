"""The layouts of files that codes are written to and read from: the published tool's, ours, ELAN's and BORIS's."""

"""Scripts and styles of the pages; third-party/ holds uPlot (MIT), as its authors built it."""

from pathlib import Path

FOLDER = Path(__file__).parent

"""What all charts share: colours that all eyes tell apart (Okabe and Ito), on light and dark paper, and bare axes.

The colours of text and lines are the style sheet's (`assets/records.css`), so that charts follow the light.
"""

from typing import Any

from device.contract.fields import Json

BLUE, ORANGE, GREY = "#2f86c5", "#d55e00", "#8a8f98"
CLEAR = "rgba(0,0,0,0)"
FONT = {"family": "system-ui, sans-serif", "size": 14}
#: Of emotions; as in `cloud/reports/ribbon.py`, a little darker where white paper asks for it.
EMOTIONS = {
    "neutral": "#b9bdc4",
    "happiness": "#e69f00",
    "surprise": "#56b4e9",
    "sadness": "#0072b2",
    "anger": "#d55e00",
    "disgust": "#009e73",
    "fear": "#cc79a7",
    "contempt": "#c9bd1f",
}
CONFIG: Any = {"displayModeBar": False, "responsive": True, "doubleClick": "reset", "scrollZoom": False}


def axis(**more: Any) -> Json:
    """A bare axis."""
    return {
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "gridcolor": GREY,
        "gridwidth": 0.3,
        "automargin": True,
    } | more


def layout(height: int, **more: Any) -> Json:
    """The layout of a chart."""
    return {
        "height": height,
        "margin": {"l": 44, "r": 12, "t": 8, "b": 8},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": FONT,
        "showlegend": False,
        "hoverlabel": {"font": {"size": 14}},
        "template": {},
    } | more


def hatching(spans: list[tuple[float, float, str]], yaxis: str, mark: str = "/", top: float = 1.0) -> Json:
    """Hatched stretches with what they mean: begin, end, words."""
    return {
        "type": "bar",
        "x": [(begin + end) / 2 for begin, end, _ in spans],
        "width": [end - begin for begin, end, _ in spans],
        "y": [top] * len(spans),
        "hovertext": [words for _, _, words in spans],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "color": "rgba(138,143,152,0.10)",
            "line": {"width": 0},
            "pattern": {"shape": mark, "fgcolor": GREY, "fgopacity": 0.55, "size": 7, "solidity": 0.18},
        },
        "yaxis": yaxis,
        "unselected": {"marker": {"opacity": 1}},
    }

"""A report on paper: a PDF, by WeasyPrint.

Figures and fonts are fetched as files would be, only from memory: as parts of the page each of their elements would be
looked at by every rule of style, which takes longer than all the rest.
"""

from collections.abc import Mapping
from typing import Any

from cloud.reports.document import FONTS, font, to_html
from cloud.reports.page import Document
from device.contract.errors import RuntimeMissingError

_NO_PDF = (
    "A PDF needs WeasyPrint and Pango: `pip install weasyprint`, and `apt install libpango-1.0-0 libpangoft2-1.0-0`; "
    "or print the HTML report from a browser."
)
_OWN = "own:"


def to_pdf(document: Document) -> bytes:
    """The report on paper. Raises `RuntimeMissingError`: WeasyPrint or what it needs is not installed."""
    try:
        from weasyprint import HTML  # noqa: PLC0415  # heavy; only documents on paper need it
    except (ImportError, OSError) as error:
        raise RuntimeMissingError(_NO_PDF) from error
    parts = {f"{_OWN}{weight}": (font(weight), "font/woff2") for weight in FONTS}
    fonts = {weight: f"{_OWN}{weight}" for weight in FONTS}

    def drawn(svg: str) -> str:
        name = f"{_OWN}figure-{len(parts)}"
        parts[name] = (svg.encode(), "image/svg+xml")
        return f'<img src="{name}" alt="">'

    made: bytes = HTML(string=to_html(document, drawn=drawn, fonts=fonts), url_fetcher=_fetcher(parts)).write_pdf()
    return made


def _fetcher(parts: Mapping[str, tuple[bytes, str]]) -> Any:
    """Fetches these parts and `data:` addresses, and nothing from anywhere else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415

    class Fetcher(URLFetcher):  # type: ignore[misc]  # it has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in parts:
                return super().fetch(url, headers)
            content, kind = parts[url]
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    return Fetcher(allowed_protocols=("data",), fail_on_errors=True)

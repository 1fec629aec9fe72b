"""What every answer says to the browser, besides its content.

Source: OWASP Secure Headers Project; W3C Content Security Policy Level 3; Fetch Metadata; Clear Site Data.
"""

_YEAR_S = 365 * 86_400
#: What is the same for everybody and has its version in its address.
SHARED = ("/assets/", "/_dash-component-suites/", "/door.css")


def headers_of(nonce: str, secure: bool, host: str, path: str, cacheable: bool) -> list[tuple[bytes, bytes]]:
    """The headers of an answer; `cacheable` where it says itself how long it may be kept."""
    said = {
        "content-security-policy": _policy(nonce, secure, host),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-robots-tag": "noindex, nofollow",
    }
    if not (cacheable and path.startswith(SHARED)):
        said["cache-control"] = "no-store"
    if secure:
        said["strict-transport-security"] = f"max-age={_YEAR_S}"
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in said.items()]


def _policy(nonce: str, secure: bool, host: str) -> str:
    """Scripts and styles from here alone, by file or with the nonce; no frame, no form and no connection elsewhere."""
    socket = f"{'wss' if secure else 'ws'}://{host}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {socket}",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )

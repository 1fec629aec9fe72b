"""How the watch paces itself."""

import asyncio


async def pause(seconds: float) -> None:
    """Let time go by."""
    await asyncio.sleep(seconds)

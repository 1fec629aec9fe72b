"""A bad network in user space: a TCP relay that delays, loses, stalls, cuts short and leaves connections half-open."""

import asyncio
import random
import threading
from dataclasses import dataclass, replace

_CHUNK = 1400  # about what one packet carries


@dataclass(frozen=True)
class Weather:
    """What happens to connections and packets.

    Attributes:
        delay_s: each packet arrives so much later, either way.
        loss: share of packets that are lost; as TCP does it, each is sent again after `again_s`, doubled each time.
        again_s: see there.
        hang_up: share of packets at which the connection is reset.
        cut_after: the answer ends after so many bytes; None: it does not.
        silent: requests arrive, and no answer ever comes back: a half-open connection.
        deaf: connections are accepted, and nothing is passed on.
    """

    delay_s: float = 0.0
    loss: float = 0.0
    again_s: float = 0.2
    hang_up: float = 0.0
    cut_after: int | None = None
    silent: bool = False
    deaf: bool = False


class Relay:
    """Listens on `port` of this machine and passes on to `server_port`; that and `weather` may change at any time."""

    def __init__(self, server_port: int, weather: Weather | None = None, seed: int = 1) -> None:
        self.weather = weather or Weather()
        self.connections = 0
        self.server_port = server_port
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    def change(self, **changes: float | bool | None) -> None:
        """Change the weather, for the packets that come from now on."""
        self.weather = replace(self.weather, **changes)  # type: ignore[arg-type]

    def close(self) -> None:
        """Hang up on everybody."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        back, forth = await asyncio.open_connection("127.0.0.1", self.server_port)
        await asyncio.gather(
            self._pass(reader, forth, answer=False), self._pass(back, writer, answer=True), return_exceptions=True
        )
        for end in (writer, forth):
            end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bool) -> None:
        passed = 0
        while packet := await reader.read(_CHUNK):
            weather = self.weather
            await asyncio.sleep(self._lateness(weather))
            if self._random.random() < weather.hang_up:
                break
            if weather.deaf or (weather.silent and answer):
                continue
            if answer and weather.cut_after is not None:
                packet = packet[: weather.cut_after - passed]
            passed += len(packet)
            writer.write(packet)
            await writer.drain()
            if answer and passed == weather.cut_after:
                break
        writer.transport.abort() if self.weather.hang_up else writer.close()

    def _lateness(self, weather: Weather) -> float:
        late_s, again_s = weather.delay_s, weather.again_s
        while self._random.random() < weather.loss:
            late_s, again_s = late_s + again_s, 2 * again_s
        return late_s

"""Figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from device.machine import memory_bytes
from device.sinks.web.costs import stage_times_s
from device.sinks.web.parts import Parts

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Collector):
    """All that Prometheus is told, collected anew each time it asks.

    connections: tells how many there are.
    """

    def __init__(self, parts: Parts, connections: Callable[[], int]) -> None:
        self._parts = parts
        self._connections = connections
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Return nothing: collecting only to learn the names would cost as much."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield each metric."""
        yield from self._of_the_program()
        yield from self._of_the_present()
        yield from self._of_the_session()

    def _of_the_program(self) -> Iterator[Metric]:
        parts, about = self._parts, self._parts.about
        labels = {"version": about.version, "source": about.source, "model": about.model_id}
        info = GaugeMetricFamily("mien_info", "What runs; always 1.", labels=list(labels))
        info.add_metric(list(labels.values()), 1)
        yield info
        yield _gauge("mien_resident_memory_bytes", "Memory of the process.", memory_bytes())
        celsius, _ = parts.condition.get()
        if celsius is not None:
            yield _gauge("mien_temperature_celsius", "Of the processor.", celsius)
        clients = {"connection": self._connections(), **parts.clients()}
        yield _family("mien_clients", "Visitors of the web page.", "kind", clients)
        yield _counter("mien_pictures_encoded", "Pictures for streams.", parts.pictures.encoded)

    def _of_the_present(self) -> Iterator[Metric]:
        present = self._parts.present
        shown = present.shown()
        yield _counter("mien_frames", "Frames that were looked at.", present.frames)
        readings = CounterMetricFamily("mien_readings", "Readings given.", labels=["emotion"])
        for emotion, count in sorted(present.readings.copy().items()):
            readings.add_metric([emotion], count)
        yield readings
        yield _gauge("mien_faces", "Faces seen now.", len(shown.readings) if shown else 0)
        yield _gauge("mien_frame_rate_hertz", "Frames a second, of late.", present.rate_hz())
        if (age_s := present.age_s()) is not None:
            yield _gauge("mien_frame_age_seconds", "Age of the newest frame.", age_s)
        times = stage_times_s(self._parts.costs)
        for name, text, index in (("median", "Median", 0), ("high", "95th percentile", 1)):
            values = {stage: pair[index] for stage, pair in times.items()}
            words = f"{text} of a stage's last times."
            yield _family(f"mien_stage_{name}_seconds", words, "stage", values)

    def _of_the_session(self) -> Iterator[Metric]:
        session = self._parts.sessions.current()
        words = "In the running session: "
        yield _gauge("mien_session_watched_seconds", f"{words}watched.", session.watched_s)
        yield _gauge("mien_session_somebody_seconds", f"{words}somebody there.", session.somebody_s)
        yield _gauge("mien_session_faces", f"{words}faces that appeared.", session.faces)
        seconds = session.everybody.seconds
        yield _family("mien_session_emotion_seconds", f"{words}time of each.", "emotion", seconds)
        yield _gauge("mien_session_changes", f"{words}changes.", session.everybody.changes)
        share = session.everybody.negative_share
        yield _gauge("mien_session_negative_ratio", f"{words}share of negative emotions.", share)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)


def _family(name: str, words: str, label: str, values: dict[str, int] | dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family

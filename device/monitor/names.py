"""The metrics: name, kind, meaning. Named by OpenTelemetry's habits: the unit in the name, `_total` for counters."""

from dataclasses import dataclass

COUNTER, GAUGE, SUMMARY = "counter", "gauge", "summary"


@dataclass(frozen=True)
class Metric:
    """One family of samples, of kind `counter`, `gauge` or `summary`; `labels` that its samples bear."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...] = ()


METRICS = (
    Metric(
        "target_info",
        GAUGE,
        "1; version, name of the box, board and models in use",
        ("service_name", "service_version", "device", "board", "emotions", "action_units"),
    ),
    Metric("process_cpu_seconds_total", COUNTER, "processor time of the host process, seconds"),
    Metric("process_resident_memory_bytes", GAUGE, "resident memory of the host process, bytes"),
    Metric("process_start_time_seconds", GAUGE, "start of the host process, seconds since 1970"),
    Metric("affectbox_state", GAUGE, "1 for what the box is doing, 0 for the others", ("state",)),
    Metric("affectbox_camera_open", GAUGE, "whether the camera is open, or might be"),
    Metric("affectbox_trouble", GAUGE, "whether something keeps the box from what was asked for"),
    Metric("affectbox_camera_process_failures_total", COUNTER, "failures of the camera's process, which is restarted"),
    Metric("affectbox_watchdog_interval_seconds", GAUGE, "silence of the host process that ends it, seconds; 0: none"),
    Metric("affectbox_daemon_up", GAUGE, "whether a process that delivers, or holds a session, has told lately"),
    Metric("affectbox_daemon_cpu_utilization_ratio", GAUGE, "its processor share, of one core"),
    Metric("affectbox_daemon_resident_memory_bytes", GAUGE, "its resident memory, bytes"),
    Metric("affectbox_frames_processed_total", COUNTER, "frames recorded in this session, or the last one"),
    Metric("affectbox_frames_measured_total", COUNTER, "and of them measured"),
    Metric("affectbox_frames_skipped_total", COUNTER, "frames that newer ones came before"),
    Metric("affectbox_frames_spared_total", COUNTER, "frames left out to keep the pace"),
    Metric("affectbox_frame_rate_hertz", GAUGE, "frames recorded a second, while a session is watched"),
    Metric("affectbox_frame_rate_target_hertz", GAUGE, "frames a second that the session aims at"),
    Metric("affectbox_frame_stage_seconds", SUMMARY, "cost of the frames by stage, seconds", ("stage",)),
    Metric("affectbox_records_unkept_total", COUNTER, "records that a full card did not take"),
    Metric("affectbox_outbox_pending", GAUGE, "documents that wait to be sent", ("kind",)),
    Metric("affectbox_outbox_dead", GAUGE, "documents that the database refuses, kept apart"),
    Metric("affectbox_outbox_size_bytes", GAUGE, "bytes of all documents in the outbox"),
    Metric("affectbox_outbox_dropped_total", COUNTER, "documents ever dropped for want of room or time", ("kind",)),
    Metric("affectbox_outbox_damaged_total", COUNTER, "outbox files ever found damaged"),
    Metric("affectbox_upload_age_seconds", GAUGE, "since the database last took something; absent: not in this run"),
    Metric("affectbox_upload_lag_seconds", GAUGE, "for how long nothing has gone out though it was due"),
    Metric("affectbox_upload_documents_total", COUNTER, "records and aggregates sent in this run"),
    Metric("affectbox_network_month_bytes", GAUGE, "bytes on the wire this month, estimated"),
    Metric("affectbox_network_month_projected_bytes", GAUGE, "at the end of the month, if it goes on so"),
    Metric("affectbox_network_month_limit_bytes", GAUGE, "bytes that a month may have; absent: no end"),
    Metric("affectbox_clock_trusted", GAUGE, "whether the wall clock is synchronized"),
    Metric("affectbox_update_state", GAUGE, "1 for how far the last update is, 0 for the others", ("state",)),
    Metric("hw_temperature_celsius", GAUGE, "processor temperature, degrees Celsius; absent: it does not tell"),
    Metric("hw_throttled", GAUGE, "whether the machine limits its processor now; absent: it does not tell"),
    Metric("hw_under_voltage", GAUGE, "whether the machine is under voltage now; absent: it does not tell"),
    Metric("system_memory_usage_bytes", GAUGE, "memory of the machine, bytes", ("state",)),
    Metric("system_filesystem_usage_bytes", GAUGE, "room on the card that holds the outbox, bytes", ("state",)),
)
BY_NAME = {metric.name: metric for metric in METRICS}


def table() -> str:
    """The table of the docs."""
    rows = [f"| `{one.name}` | {one.kind} | {', '.join(one.labels)} | {one.meaning} |" for one in METRICS]
    return "\n".join(["| metric | kind | labels | what it is |", "|---|---|---|---|", *rows])

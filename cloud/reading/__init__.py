"""One reader: whatever boxes wrote becomes one table of columns (`table.py`).

    files        lines.py     JSON lines, with events
                 parquet.py   Parquet, as `export` writes it
    databases    databases.py packs, single records, seconds, events and clocks, read as whoever asks (`signin.py`)
    gathering.py unites them by identity, with what was passed over counted (`faults.py`)

Report, dashboard, statistics, training and export read that table and nothing else. This package imports only
`device.contract`, numpy and msgspec (and pyarrow for Parquet).
"""

"""What machines ask the box: figures for Prometheus and a health route, served by the host process.

    told      what the process that delivers, or holds a session, leaves in a file: it has outbox and networks
    figures   that, the interlock's snapshot and the machine itself, as samples of the metrics in `names`
    text      samples as Prometheus reads them
    health    the same in checks
    server    `/metrics` and `/health`

Nothing here is clinical, and no pseudonym passes.
"""

"""The box's own page: what the box does, the drawn view for setting up, and the buttons of a session, in a browser.

It is served by the host process, in a thread of its own, on this machine alone unless `page.address` opens it to the
local network. Everything on it comes from `Host.snapshot()` and goes through the interlock's commands.

    words        the strings of each language, from strings/*.toml
    documents    HTML, CSS and JavaScript as they are sent
    drawing      what is drawn of a glimpse, and the one thing that would help most
    showing      a snapshot and its surroundings as the browser gets them
    surroundings network, clock, storage, delivery: what the interlock does not know
    attempts, visitors, access   who may see and do what
    stream       the changes, to whoever looks
    app          the addresses that are answered
    guard        limits on connections
    page         the server, in a thread
"""

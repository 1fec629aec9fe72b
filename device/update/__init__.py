"""Releases on the box: how one is checked, unpacked beside the one that runs, tried, and kept or taken back.

    /opt/affectbox/releases/VERSION/    bin/ site/ bundles/ units/ keys/ install.sh release.json
    /opt/affectbox/current              → what runs
    /opt/affectbox/proven               → the last one that was seen to work; it carries out updates

    check ─► unpack beside ─► current → new ─► units, restart ─► records advance? ─┬─► proven → new
                                                                                   └─► current → proven, restart

An update that is not proven yet is one whose `current` is not `proven`: there is no other marker, so nothing can
disagree with it. Each link is switched by one rename. Whatever ends the updater in the middle, `settle`, which runs
when it ends and before the host process at every boot, makes `current` what is `proven`.
"""

"""What `affectbox` does beside `run`'s daemon: progress, bench, doctor, replay and its overlay."""

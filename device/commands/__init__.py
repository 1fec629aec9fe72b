"""What `affectbox` does beside `run`'s daemon: progress, bench, calibrate, doctor, replay and its overlay."""

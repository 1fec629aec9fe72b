"""What `affectbox` does beside `run`'s daemon: progress, au, bench, calibrate, doctor, replay and its overlay."""

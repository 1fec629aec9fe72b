"""What `affectbox doctor` looks at beside the camera: card, network, units, power, clock."""

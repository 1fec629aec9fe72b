"""What the live page shows, worked out without a browser: samples, what a box is doing, what became of a command."""

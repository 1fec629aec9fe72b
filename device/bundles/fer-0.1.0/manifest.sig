{"key": "44a5f293331e11b6", "signature": "YIhkMlQvWimDgRxK1OGWBzFw86lawbeuCJaP202nCOPIhzIJgRHTTj51VuUQkSTqhhTjyVpXjB+WzEwpuVXvDw=="}

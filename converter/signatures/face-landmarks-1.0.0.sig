{"key": "44a5f293331e11b6", "signature": "7MlBl6hdLyPuGCevphCwpNUs5o17WLGpeSxpnSjjyUE1Ml8Mot+CURVeAQwov3TrOgDeocszChUxsuVt+6agBg=="}

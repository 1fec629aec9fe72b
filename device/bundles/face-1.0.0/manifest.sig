{"key": "a4c5448e9c673723", "signature": "MkuuM8A1WgdujLMMlTs7CGrgR+1ZMQy7dYsu5O/vYmT/ULyn+pdkd8E2hB+erbiZtpx61e/3dzamUSrkFn0pBg=="}

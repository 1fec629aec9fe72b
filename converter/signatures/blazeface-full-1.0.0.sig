{"key": "a4c5448e9c673723", "signature": "KjDMhImSIBTg+1XDjyvYZczk5+abbsBnL0NNBYWGs8CH6hjkWf+LC3tQtYxOxwSJ00BvZMQFjCae+FfIhW2ODQ=="}

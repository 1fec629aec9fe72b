{"key": "a4c5448e9c673723", "signature": "2aY5UfEvZrmTkhjZ61PK6Mot+N55+likipqtx3dI2YS0eI0hs2aUiW9BpHY2mMxgaQcRWDpz/JNCfGaAUMJuCw=="}

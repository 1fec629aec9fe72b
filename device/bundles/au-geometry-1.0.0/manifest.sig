{"key": "44a5f293331e11b6", "signature": "knT5oBo+T1TSp1qkWtqTz/PEtPq+jO2kaXOdSUlC9HmNq7C3ZlpbVHqvzs7Z5MTzlVqBZHCJxo9cdTxjOS8cDQ=="}

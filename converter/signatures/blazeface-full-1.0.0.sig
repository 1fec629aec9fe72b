{"key": "44a5f293331e11b6", "signature": "qZs+7c+/7uBfpU6WXG6Bpm6GaupbemJfJVcNkUQZ0CtytFaZf7C7SuC3v9wPudUgrVn1AP8ataH07TkI8/2xBw=="}

{"key": "a4c5448e9c673723", "signature": "9NlCFW9qLil1FOIua5QQvC4C1nvT9FXQPNidGnOQRVY0RLMsYjwnOAHmlhZQwkcCfzbiGYKq0NwFqXSeRG+IAg=="}

{"key": "44a5f293331e11b6", "signature": "b+jbTRqtZrQXzAQgLaRdn+GGq9QwPEiagQoekaJuTBQiiZizzGqQ5pCvI6t6kFNAjxVWuEyUkVcN2BfF0GWgAQ=="}

{"key": "44a5f293331e11b6", "signature": "8a+KMwFnrbYg92xgcBEA2jpLM+CW6GYI3fpIEms0LeS+RP1NQQsUlbF8yUJmYeMTDsI3gSjf0Uc0PO+/Uy94Cg=="}

{"key": "a4c5448e9c673723", "signature": "Uj21fABmWgHlaj159TJfENY9CDiTXd578iJntEoR9oeXK7tLReZ4QwLKEbGV/Zow/YxOOLvfqoLYHAT/od9gCA=="}

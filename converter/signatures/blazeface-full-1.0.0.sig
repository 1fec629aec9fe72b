{"key": "44a5f293331e11b6", "signature": "J8/nzicrWa/rgPK/ZPbsLkKkE1hiJADN1HqssN4+W04uctu+XFsraxDz0dTpuVYr6vdjlly0O+zkomzeXvudCQ=="}

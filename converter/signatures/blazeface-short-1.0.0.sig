{"key": "44a5f293331e11b6", "signature": "h5xMRNgzg9t0lC/LNBpXTJ21KoHsqlBr82//40Rth98mWEwyyMP0S5YTv6UfTmgo/wpnm2OARTcjUVyVxp1BDA=="}

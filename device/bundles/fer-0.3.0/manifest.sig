{"key": "44a5f293331e11b6", "signature": "Juv4CO5vcvjTvYkCY85RCKwXSUTiaoejRFnOuuEhW6zmIsxvCuSm9ctkEoXGT6VJq7eMYkVADoXIw9s0kSCtAw=="}

{"key": "44a5f293331e11b6", "signature": "X2LDtJS7/N7LaN+nU6kcnc76aLb1s4/UskilmqkeFo7AALUd8BjN4Up5ZKHqVT0DEez0lfTLt8EnGd8XX9BlDA=="}

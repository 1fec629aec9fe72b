{"key": "44a5f293331e11b6", "signature": "Ibg1bl0WPVq7PAf6zL2Z/DKKn8zozUgUKGc8uu14FP+Cof3FAY6rw/ojywEllzfpZOhd7J3xLe5SmKOHWrTcBg=="}

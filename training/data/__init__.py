"""Where faces come from: FER2013 with FER+, image folders, Kaggle; and the one file that `prepare` makes of them."""

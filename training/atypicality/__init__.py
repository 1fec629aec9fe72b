"""How atypical an expression looks to people who rate it, and how unlikely a movement is under typical behaviour."""

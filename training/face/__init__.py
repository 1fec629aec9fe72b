"""The face network: expressions, action units and what is hidden, learnt together."""

"""Diagnosis support: whether groups can be told apart by their features, how surely, and a bundle where they can.

folds → preparation → logistic → conformal, model     what learns, from some people, to say something of others
holdout, permutation, confounds, sites → metrics      what is asked of people from whom nothing was learnt
protocol → evaluation, tables                         all of it, of a table of features: evaluation.json
refusal, run, bundle, card                            what becomes of it
by_frame, trials, proven                              whether the methods keep what they promise, on simulated people
evaluate, train, export, proof                        the commands
"""

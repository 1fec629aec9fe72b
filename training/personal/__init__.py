"""A model of one person's facial movement, learnt without labels from their own recordings.

Two frames of one person exchange their neutral faces and must be rebuilt from what is left: what moves the face. The
encoder of that is small enough for the box, where it tells how far a movement is from that person's usual ones, and
which of their movements it is nearest to. It is never asked of anybody else.

simulate/                  people who never were, with movements of their own, and the truth beside
people, blocks, check      aligned faces of one person, in order, split into stretches of time; what is wrong with them
recipe → networks, losses, pairs, learning   the original recipe and ours, in every approach
embedding                  what an encoder says of faces
probes, arms → evaluation, tables, page      how much of the action units it holds, approach against approach
movements                  clusters of movements: profiles, novelty, stability
bundle, card               what goes to the box, bound to one pseudonym
"""

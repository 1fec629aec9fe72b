"""What `affectbox-cloud demo` shows: simulated people, their sessions and a fleet, and one real box.

Everything here is made up, is a function of a seed, and says so: boxes are called `sim-room-…`, and what is written of
a person begins with 'Simulated'. The numbers have the form of a box's, and prove nothing about people or faces.
"""

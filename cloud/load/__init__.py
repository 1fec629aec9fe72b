"""A simulated fleet: as many boxes as one likes write real records to a database, and all of them are counted."""

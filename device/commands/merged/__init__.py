"""A clip with what the box sees in it, and beside the picture the timing diagram of the whole clip, in which a line
moves: what was seen is noted first (`noted`), the diagram drawn once (`columns`, `ribbon`, `diagram`), and then the
frames are read again and put beside it (`layout`, `panel`, `making`)."""

"""People who never were: heads with movements of their own, in videos, and the truth of every frame.

plan → idiolect                  what is made, and how each person moves
course                           what a face does in one recording, frame by frame
shapes → mold → person → scene   the head, somebody's shape and colours, and a picture of it
recording → simulate             a video and its truth, and all of them in a folder
"""

"""Digital targets: which points of the face, and which action units, differ between two groups or two phases."""

"""What can be coded: folders of pictures, FER2013's file, faces of a study, videos."""

"""Where frames come from: cameras, video files, pictures, behind one Protocol. Backends are imported when opened."""

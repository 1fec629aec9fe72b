{"key": "44a5f293331e11b6", "signature": "2BE4oJoAQKxibz0DR8wXgDYWg2cEO+hS3tjIbdSatTF7Xv1F2nU3eK3W7PmHo/TOxJwEDQXxGcrfjzCeCGllAA=="}

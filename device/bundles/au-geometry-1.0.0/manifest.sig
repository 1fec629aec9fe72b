{"key": "44a5f293331e11b6", "signature": "8LMfeggvH86lDjhfBXHUXBkU2B0MvxXxX1AcgegbD3Dz3cjeSZteUE3ktLL9sYLO2sbbz2jCIPkXZKrssYRKCg=="}

{"key": "a4c5448e9c673723", "signature": "xb/cuvDWPvpTTm7iJ+NjxS04JQw71jLw2FLhr4Pty/rPgPVZA88j+vXgP3PchTuXEVFGMSAlxZP2IBU16UsQAA=="}

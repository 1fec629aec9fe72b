{"key": "a4c5448e9c673723", "signature": "lz04ZhODrqkN9afB3NyHWBdQdAqnD/avITQxXdYwdFc/o2pJT0U0V+IdePEkwl8BsThI7zIDH5WAlDIp0VpACQ=="}

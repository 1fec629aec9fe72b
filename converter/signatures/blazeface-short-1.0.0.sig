{"key": "a4c5448e9c673723", "signature": "/Tbr4ySuRWzVludfhy0aSIXYZamAeYFuvuUZwQmyUw+GmHcHIQWsK3HIVmF/qb3mtDRcH8iyCtI8EZkAUk0bAw=="}

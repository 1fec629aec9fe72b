{"key": "44a5f293331e11b6", "signature": "dbz743nOa6NCNRH0XIIJOJtefvyj5+mO0cU+K6awyfNVYrFrmUaQoUbDdsT4u1toX4uiKxvOn7/ccczfHioSCA=="}

{"key": "a4c5448e9c673723", "signature": "XbmaB4/aj2cbGMGZUqG+wgOOjtGJjvgTr8jH+1zcBlLBBwcsEkQVwiBO2SlPmAsUMQnVwmb5Zqs0jh7KdD5CDg=="}

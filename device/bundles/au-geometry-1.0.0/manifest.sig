{"key": "44a5f293331e11b6", "signature": "8ckFPXgmwT/UPpCdHtonmTtzA++WyICAy/fUtc3i/ZoJrFBNXIc/uI6VV3UQEuzHPdm7kXtrL+BimM+EbvrQAg=="}

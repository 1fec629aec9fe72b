"""The embedded database: a local server that speaks the Firebase Realtime Database (RTDB) REST protocol."""

"""The real template on a local AWS emulator: started, deployed, driven, stopped."""

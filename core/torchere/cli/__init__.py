"""The command ``torchere``. One module a command; heavy libraries are imported when a command runs."""

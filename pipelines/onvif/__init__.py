"""What is asked of cameras by ONVIF: which there are, what time they think it is, which streams they have."""

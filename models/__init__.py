"""What the camera sees: detectors, trackers and attribute models. Arrays live here and nowhere below."""

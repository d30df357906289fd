"""The demo recording: composed from openly licensed photographs, analysed like any other recording."""

"""What a photo is: reading and writing files, formats, tags, metadata, colour spaces, resizing."""

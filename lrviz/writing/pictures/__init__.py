"""The formats of picture files, one file each: a drawn figure in, the bytes of a file out."""

"""What every command shares: errors, whole-or-absent files, progress, batches of files, the command line."""

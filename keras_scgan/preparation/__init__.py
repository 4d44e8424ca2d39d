"""From a folder of any photos to a data set to train on: what is fit is chosen, rescaled and written as shards."""

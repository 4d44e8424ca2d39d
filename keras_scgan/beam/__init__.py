"""Work on the runners of Apache Beam, which have many machines."""

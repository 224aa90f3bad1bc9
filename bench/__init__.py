"""Speed of hpexp against its peers; run by `make bench`, see docs/benchmarks.md."""

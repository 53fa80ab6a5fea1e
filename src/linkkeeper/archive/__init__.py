"""What is kept: WARC, WACZ, CDXJ, manifest, publishing and fixity."""

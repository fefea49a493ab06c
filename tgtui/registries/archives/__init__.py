"""What a published version consists of: its archive or its files, bounded, and proven before a byte is used."""

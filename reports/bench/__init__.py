"""What a folder of results shows: one page, tables and figures for people and papers."""

"""Search for good plans without a proof: tables, moves and populations that the heuristic backends share."""

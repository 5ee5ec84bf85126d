"""Records become demand: clean tables, regular series, forecasts with intervals, and back-tests of them."""

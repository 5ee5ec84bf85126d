"""Forecasters: each a frozen dataclass of settings with `fit`; `forecasting.registry` lists them."""

"""Rules of dropout: the shape stays."""

from autodesign.stdlib.layers.geometry import Rule, same_shape, same_spatial

RULES: dict[str, Rule] = {
    "Dropout": same_shape,
    "Dropout1d": same_spatial(1),
    "Dropout2d": same_spatial(2),
    "AlphaDropout": same_shape,
    "FeatureAlphaDropout": same_shape,
}

"""Numbers as people read them."""


def number(value: float | None, undefined: str = "undefined") -> str:
    """`0.1235`, `214,529`: four digits, of large whole numbers all of them."""
    if value is None:
        return undefined
    whole = abs(value) >= 1000 and float(value).is_integer()
    return f"{value:,.0f}" if whole else f"{value:.4g}"

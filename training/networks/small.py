"""The smallest network that reads aligned faces for diagnosis support: `plain` with few channels, for few people."""

from training.networks.plain import Plain


class Small(Plain, frozen=True, tag_field="kind", tag="small"):
    """See `plain`; 0.07 M parameters as it stands, for with some dozens of people more would learn them by heart."""

    widths: tuple[int, ...] = (16, 32, 64)

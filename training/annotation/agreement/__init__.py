"""How far coders agree: κ, ICC, α, onsets; and where they do not."""

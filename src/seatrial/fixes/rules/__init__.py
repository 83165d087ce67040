"""One file per family of kinds: how its objects move from a removed version to the present one."""

"""Sampler that starts from the tuning of other tables."""

try:
    from foretune import ForetuneSampler
except ModuleNotFoundError as error:
    if error.name != "foretune":
        raise
    message = "this sampler needs the package foretune: see the section Installation of its README.md"
    raise ModuleNotFoundError(message, name="foretune") from error


__all__ = ["ForetuneSampler"]

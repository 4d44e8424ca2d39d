"""The error that is the user's to mend."""


class UserError(ValueError):
    """Something that the user can mend. The message is one line that names it and says what to do."""

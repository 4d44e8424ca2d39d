"""The errors that are the user's to mend."""


class UserError(ValueError):
    """Something that the user can mend. The message is one line that names it and says what to do."""


class BadFileError(UserError):
    """One file that cannot be used, among others that perhaps can.

    Args:
        path: str or path. The file.
        reason: str. What is wrong with it, in a few words.
    """

    def __init__(self, path, reason):
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason

"""What a user can cause: one sentence that says what, where and the remedy. Everything else is a bug and keeps its trace."""


class UserError(Exception):
    pass

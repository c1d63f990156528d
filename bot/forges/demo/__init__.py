"""A forge that lives in a directory: a made-up hub with pull requests, for `hubbot demo` and a first look."""

//! Stories over real sockets and files: see `tests/`.

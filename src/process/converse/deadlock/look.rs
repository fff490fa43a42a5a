//! The result of a check.

/// The result of a check of the processes.
#[derive(Debug)]
pub(in crate::process::converse) enum Look {
    /// One of them may run again.
    Alive,
    /// They cannot be inspected: the line for standard error. It comes once.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    Unknown(String),
    /// They are deadlocked: the line for standard error.
    Deadlock(String),
}

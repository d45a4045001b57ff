//! The limit of open files: raised to what the system allows, because every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open for other reasons than attempts.
const KEPT_BACK: u64 = 512;

/// Raises the soft limit to the hard one; the number of files that may be open then.
pub(crate) fn raise() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(1 << 20).min(1 << 20);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        let _ = setrlimit(Resource::Nofile, raised);
    }
    getrlimit(Resource::Nofile).current.unwrap_or(wanted)
}

/// How many attempts may be under way with that many files: half of what is not kept back.
pub(crate) fn permits(files: u64, wanted: usize) -> usize {
    let half = files.saturating_sub(KEPT_BACK.min(files / 2)) / 2;
    wanted.min(usize::try_from(half).unwrap_or(usize::MAX)).max(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_never_need_more_files_than_there_are() {
        assert_eq!(permits(1 << 20, 4_096), 4_096);
        assert_eq!(permits(1_024, 4_096), 256);
        assert_eq!(permits(64, 4_096), 16);
    }
}

//! The limit of open files: raised to what the system allows, and shared out, because every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open for other reasons than connections: the store's, lookups of names, sockets of the runtime.
const KEPT_BACK: u64 = 512;
/// Files of one attempt: its connection, and one that is kept open for the next attempt after it.
const FILES_PER_ATTEMPT: u64 = 2;
/// With fewer, nothing works at all.
const SHARE_MIN: usize = 8;

/// How many files may be used for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Attempts under way at once.
    pub(crate) attempts: usize,
    /// API connections open at once.
    pub(crate) connections: usize,
}

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

impl Shares {
    /// As much of what is wanted as that many files allow. Attempts get up to half of what is not kept back, API
    /// connections the rest.
    pub(crate) fn of(files: u64, wanted: Self) -> Self {
        let free = files.saturating_sub(KEPT_BACK.min(files / 2));
        let attempts = at_most(wanted.attempts, free / 2 / FILES_PER_ATTEMPT);
        let connections =
            at_most(wanted.connections, free.saturating_sub(attempts as u64 * FILES_PER_ATTEMPT));
        Self { attempts, connections }
    }

    /// What to tell the operator when less is possible than was configured.
    pub(crate) fn shortage(self, files: u64, configured: Self) -> Option<String> {
        let less = |name: &str, used: usize, wanted: usize| {
            (used < wanted).then(|| format!("{used} instead of {wanted} {name}"))
        };
        let parts: Vec<String> = [
            less("API connections (server.connections_max)", self.connections, configured.connections),
            less("attempts at once (delivery.concurrency)", self.attempts, configured.attempts),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| {
            let parts = parts.join(" and ");
            format!("only {files} files may be open, enough for {parts}: raise the limit (ulimit -n)")
        })
    }
}

fn at_most(wanted: usize, limit: u64) -> usize {
    wanted.min(usize::try_from(limit).unwrap_or(usize::MAX).max(SHARE_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Shares = Shares { attempts: 4_096, connections: 10_000 };

    #[test]
    fn connections_and_attempts_never_need_more_files_than_there_are() {
        for (files, attempts, connections) in [
            (1 << 20, 4_096, 10_000),
            (65_536, 4_096, 10_000),
            (16_384, 3_968, 7_936),
            (4_096, 896, 1_792),
            (1_024, 128, 256),
            (64, 8, 16),
        ] {
            let shares = Shares::of(files, WANTED);
            assert_eq!(shares, Shares { attempts, connections }, "{files} files");
            let needed = attempts as u64 * FILES_PER_ATTEMPT + connections as u64;
            assert!(needed + KEPT_BACK.min(files / 2) <= files, "{files} files");
        }
    }

    #[test]
    fn what_one_does_not_want_is_the_others() {
        let without_attempts = Shares { attempts: 0, ..WANTED };
        assert_eq!(Shares::of(4_096, without_attempts), Shares { attempts: 0, connections: 3_584 });
        let few = Shares { attempts: 100, connections: 200 };
        assert_eq!(Shares::of(1_024, few), few);
    }

    #[test]
    fn a_shortage_is_told_with_both_numbers() {
        let told = |files| Shares::of(files, WANTED).shortage(files, WANTED);
        assert_eq!(told(65_536), None);
        let text = told(1_024).unwrap();
        for part in ["1024 files", "256 instead of 10000 API", "128 instead of 4096 attempts", "ulimit -n"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!told(16_384).unwrap().contains("1024"), "each number is the one in effect");
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        let files = raise();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, Some(files));
        assert!(files >= limit.maximum.unwrap_or(1 << 20).min(1 << 20), "{files} of {limit:?}");
    }
}

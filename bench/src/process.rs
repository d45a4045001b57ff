//! What the kernel says about a process: memory and processor time, from /proc.

use std::fs;

/// Memory of a process in MiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident now (`VmRSS`).
    pub(crate) resident_mib: f64,
    /// The most ever resident (`VmHWM`).
    pub(crate) peak_mib: f64,
}

/// Memory of the process; zeros when it is gone.
pub(crate) fn memory(pid: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    Memory { resident_mib: status_mib(&status, "VmRSS:"), peak_mib: status_mib(&status, "VmHWM:") }
}

fn status_mib(status: &str, key: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or_default();
    kib / 1024.0
}

/// User and system time of the process so far, in seconds; 0 when it is gone.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat_ticks(&stat) as f64 / TICKS_PER_SECOND
}

/// `USER_HZ`, which Linux has fixed at 100 on every platform we run on (proc(5), sysconf(3)).
const TICKS_PER_SECOND: f64 = 100.0;

/// Fields 14 and 15 of proc_pid_stat(5); the name before them may hold spaces, so count from its `)`.
fn stat_ticks(stat: &str) -> u64 {
    let after_name = stat.rsplit_once(") ").map_or("", |(_, after)| after);
    let times = after_name.split(' ').skip(11).take(2);
    times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_proc_are_read() {
        assert!(
            (status_mib("Name:\tx\nVmHWM:\t  4096 kB\nVmRSS:\t  2048 kB\n", "VmRSS:") - 2.0).abs() < 1e-9
        );
        assert_eq!(stat_ticks("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 40 2 0 0"), 42);
    }

    #[test]
    fn this_process_has_memory() {
        let memory = memory(std::process::id());
        assert!(memory.resident_mib > 0.0 && memory.peak_mib >= memory.resident_mib);
    }
}

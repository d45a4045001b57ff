//! The system's resolver, and what its errors mean.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;

use crate::shortage::is_shortage;

/// Something that blocks until it knows a name's addresses.
pub(super) type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// What an error says about the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The name has no address. That is an answer.
    NoSuchName,
    /// This machine had not what it takes to ask.
    Shortage,
    /// The resolver is broken, or the servers of the name are.
    Unclear,
}

/// Texts of `getaddrinfo` for names without a (usable) address, in glibc, musl and macOS. The standard library passes on
/// the text only, and as no locale is ever set, it is this one.
const NO_SUCH_NAME: [&str; 7] = [
    "Name or service not known",
    "No address associated with hostname",
    "No address associated with nodename",
    "Address family for hostname not supported",
    "nodename nor servname provided, or not known",
    "Name does not resolve",
    "Name has no usable address",
];

/// And for a lack of memory.
const NO_MEMORY: [&str; 2] = ["Memory allocation failure", "Out of memory"];

/// Asks the system.
pub(super) fn lookup(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

/// What such an error means.
pub(super) fn trouble(error: &io::Error) -> Trouble {
    // The name itself is not one: it holds a zero byte.
    if error.kind() == io::ErrorKind::InvalidInput {
        return Trouble::NoSuchName;
    }
    let text = error.to_string();
    let says = |endings: &[&str]| endings.iter().any(|ending| text.ends_with(ending));
    if is_shortage(error) || says(&NO_MEMORY) {
        Trouble::Shortage
    } else if says(&NO_SUCH_NAME) {
        Trouble::NoSuchName
    } else {
        Trouble::Unclear
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn errors_of_the_system_are_told_apart() {
        let said =
            |text: &str| trouble(&io::Error::other(format!("failed to lookup address information: {text}")));
        assert_eq!(said("Name or service not known"), Trouble::NoSuchName);
        assert_eq!(said("No address associated with hostname"), Trouble::NoSuchName);
        assert_eq!(said("Temporary failure in name resolution"), Trouble::Unclear);
        assert_eq!(said("Try again"), Trouble::Unclear);
        assert_eq!(said("Non-recoverable failure in name resolution"), Trouble::Unclear);
        assert_eq!(said("Memory allocation failure"), Trouble::Shortage);
        let errno = |errno: Errno| trouble(&io::Error::from_raw_os_error(errno.raw_os_error()));
        assert_eq!(errno(Errno::MFILE), Trouble::Shortage);
        // A malformed answer of the name's server ends as an error of the system too.
        assert_eq!(errno(Errno::MSGSIZE), Trouble::Unclear);
    }

    #[test]
    fn the_real_resolver_says_it_as_expected() {
        assert!(lookup("localhost").unwrap().iter().all(IpAddr::is_loopback));
        assert_eq!(trouble(&lookup("a\0b").unwrap_err()), Trouble::NoSuchName);
        // Refused by the C library without asking anybody.
        let trouble = trouble(&lookup(&"a".repeat(300)).unwrap_err());
        assert_ne!(trouble, Trouble::Shortage);
    }
}

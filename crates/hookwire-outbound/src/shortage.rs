//! Tells the errors of a machine that has run out of something from those of a receiver.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use rustix::io::Errno;

/// Out of files, buffers, memory or watches, or without a network at all.
const SHORTAGES: [Errno; 6] =
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::NOSPC, Errno::NETDOWN];

/// Whether this machine could not even try.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| SHORTAGES.iter().any(|errno| errno.raw_os_error() == code))
}

/// Whether connecting to that address failed because no local port is left.
///
/// The system says the same of an IPv6 address when this machine has no IPv6 of its own, and then the receiver can't be
/// called from here at all. So a UDP socket, whose ports are others, is asked whether there is a way: it sends nothing.
pub(crate) fn is_port_shortage(error: &io::Error, to: SocketAddr) -> bool {
    error.raw_os_error() == Some(Errno::ADDRNOTAVAIL.raw_os_error()) && has_way(to)
}

fn has_way(to: SocketAddr) -> bool {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    UdpSocket::bind(any).and_then(|socket| socket.connect(to)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV6;

    use super::*;

    fn error(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno.raw_os_error())
    }

    #[test]
    fn what_this_machine_lacks_is_a_shortage_and_what_a_receiver_does_is_none() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
            assert!(is_shortage(&error(errno)), "{errno}");
        }
        for errno in
            [Errno::CONNREFUSED, Errno::CONNRESET, Errno::TIMEDOUT, Errno::HOSTUNREACH, Errno::NETUNREACH]
        {
            assert!(!is_shortage(&error(errno)), "{errno}");
        }
        assert!(!is_shortage(&io::Error::other("too many open files")));
    }

    #[test]
    fn ports_have_run_out_only_where_there_is_a_way_to_the_address() {
        let here = SocketAddr::from(([127, 0, 0, 1], 80));
        assert!(is_port_shortage(&error(Errno::ADDRNOTAVAIL), here));
        assert!(!is_port_shortage(&error(Errno::CONNREFUSED), here));
        assert!(!is_port_shortage(&io::Error::new(io::ErrorKind::AddrNotAvailable, "no address"), here));
        // A link-local address on an interface that does not exist.
        let nowhere = SocketAddrV6::new("fe80::1".parse().unwrap(), 80, 0, u32::MAX);
        assert!(!is_port_shortage(&error(Errno::ADDRNOTAVAIL), nowhere.into()));
    }
}

//! TCP connects to vetted addresses, the next one after a quarter of a second (RFC 8305, "happy eyeballs").

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;

use crate::exchange::Fault;
use crate::shortage;

/// How long an address may be silent before the next one is tried beside it.
const STAGGER: Duration = Duration::from_millis(250);

/// How many addresses of one name are tried.
pub(crate) const ADDRESSES_MAX: usize = 8;

/// Why no address could be connected to.
#[derive(Debug)]
pub(crate) struct Unconnected {
    /// What the system said last, of a shortage if there was one.
    pub(crate) error: io::Error,
    /// Ours if for want of something here an address could not be tried: it might have accepted.
    pub(crate) fault: Fault,
}

/// Connects to the first address that accepts; with several, the families take turns.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Unconnected> {
    let order = in_turns(addresses);
    let mut waiting = order.iter();
    let mut attempts = FuturesUnordered::new();
    let none = io::Error::new(io::ErrorKind::AddrNotAvailable, "no address");
    let mut last = Unconnected { error: none, fault: Fault::Receiver };
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(attempt(*address));
        } else if attempts.is_empty() {
            return Err(last);
        }
        let more = !waiting.as_slice().is_empty();
        tokio::select! {
            Some(connected) = attempts.next() => match connected {
                Ok(stream) => {
                    // Only a latency setting: a connection without it still works.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(failed) => last = worse(last, failed),
            },
            () = tokio::time::sleep(STAGGER), if more => {}
        }
    }
}

async fn attempt(address: SocketAddr) -> Result<TcpStream, Unconnected> {
    TcpStream::connect(address).await.map_err(|error| unconnected(error, address))
}

fn unconnected(error: io::Error, address: SocketAddr) -> Unconnected {
    let ours = shortage::is_shortage(&error) || shortage::is_port_shortage(&error, address);
    Unconnected { error, fault: if ours { Fault::Ours } else { Fault::Receiver } }
}

/// The one to report: a shortage, wherever it stands, or else the later.
fn worse(earlier: Unconnected, later: Unconnected) -> Unconnected {
    if earlier.fault == Fault::Ours { earlier } else { later }
}

/// The addresses with the families alternating, starting with the family that came first.
fn in_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut order = Vec::with_capacity(addresses.len());
    for address in first {
        order.push(address);
        order.extend(second.next());
    }
    order.extend(second);
    order.truncate(ADDRESSES_MAX);
    order
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn families_take_turns_and_the_number_is_bounded() {
        let list =
            |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let given = list(&["[2::1]:1", "[2::2]:1", "[2::3]:1", "1.0.0.1:1", "1.0.0.2:1"]);
        let expected = list(&["[2::1]:1", "1.0.0.1:1", "[2::2]:1", "1.0.0.2:1", "[2::3]:1"]);
        assert_eq!(in_turns(&given), expected);
        let many: Vec<SocketAddr> = (0..1_000).map(|port| SocketAddr::from(([1, 1, 1, 1], port))).collect();
        assert_eq!(in_turns(&many).len(), ADDRESSES_MAX);
    }

    #[test]
    fn an_address_that_could_not_be_tried_makes_the_failure_ours_wherever_it_stands() {
        let to = SocketAddr::from(([127, 0, 0, 1], 80));
        let failed = |errno: Errno| unconnected(io::Error::from_raw_os_error(errno.raw_os_error()), to);
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL] {
            for failed in [
                failed(errno),
                worse(failed(errno), failed(Errno::CONNREFUSED)),
                worse(failed(Errno::CONNREFUSED), failed(errno)),
            ] {
                assert_eq!(failed.fault, Fault::Ours, "{errno}");
                assert_eq!(failed.error.raw_os_error(), Some(errno.raw_os_error()));
            }
        }
        let last = worse(failed(Errno::HOSTUNREACH), failed(Errno::CONNREFUSED));
        assert_eq!((last.error.kind(), last.fault), (io::ErrorKind::ConnectionRefused, Fault::Receiver));
    }
}

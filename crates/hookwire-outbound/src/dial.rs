//! TCP connects to vetted addresses, the next one after a quarter of a second (RFC 8305, "happy eyeballs").

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;

/// How long an address may be silent before the next one is tried beside it.
const STAGGER: Duration = Duration::from_millis(250);

/// How many addresses of one name are tried.
pub(crate) const ADDRESSES_MAX: usize = 8;

/// Connects to the first address that accepts; with several, the families take turns.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let order = in_turns(addresses);
    let mut waiting = order.iter();
    let mut attempts = FuturesUnordered::new();
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "no address");
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(TcpStream::connect(*address));
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
                Err(error) => last = error,
            },
            () = tokio::time::sleep(STAGGER), if more => {}
        }
    }
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

#[test]
fn families_take_turns_and_the_number_is_bounded() {
    let list = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
    let given = list(&["[2::1]:1", "[2::2]:1", "[2::3]:1", "1.0.0.1:1", "1.0.0.2:1"]);
    let expected = list(&["[2::1]:1", "1.0.0.1:1", "[2::2]:1", "1.0.0.2:1", "[2::3]:1"]);
    assert_eq!(in_turns(&given), expected);
    let many: Vec<SocketAddr> = (0..1_000).map(|port| SocketAddr::from(([1, 1, 1, 1], port))).collect();
    assert_eq!(in_turns(&many).len(), ADDRESSES_MAX);
}

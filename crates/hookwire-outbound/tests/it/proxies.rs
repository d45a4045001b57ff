//! Calls through a proxy: it is told vetted addresses, never names.

use std::time::Duration;

use futures::FutureExt;
use hookwire_core::outcome::ErrorClass;
use hookwire_outbound::{Client, Failure, Fault, Request, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpSocket, TcpStream};

use crate::receiver::{Log, OK, Receiver, read_request};
use crate::{answer, failure, post, settings};

/// A CONNECT proxy that logs what it is asked.
pub(crate) async fn connect_proxy() -> Receiver {
    Receiver::serving(|mut stream, log| async move {
        let Some(request) = read_request(&mut stream, &log).await else { return };
        let address = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let Ok(mut onward) = TcpStream::connect(address).await else { return };
        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        let _ = copy_bidirectional(&mut stream, &mut onward).await;
    })
    .await
}

/// A SOCKS 5 proxy (RFC 1928, 1929) for IPv4 addresses that asks for a password and logs what it is told.
async fn socks_proxy() -> Receiver {
    async fn serve(mut stream: TcpStream, log: Log) -> std::io::Result<()> {
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).await?;
        let mut methods = vec![0; greeting[1].into()];
        stream.read_exact(&mut methods).await?;
        stream.write_all(&[5, 2]).await?;
        let mut credentials = Vec::new();
        for _ in 0..2 {
            // The version stands before the user name only.
            let skip = usize::from(credentials.is_empty());
            let mut length = vec![0; 1 + skip];
            stream.read_exact(&mut length).await?;
            let mut text = vec![0; length[skip].into()];
            stream.read_exact(&mut text).await?;
            credentials.push(String::from_utf8_lossy(&text).into_owned());
        }
        stream.write_all(&[1, 0]).await?;
        let mut asked = [0; 10];
        stream.read_exact(&mut asked).await?;
        let [5, 1, 0, 1, a, b, c, d, high, low] = asked else { return Ok(()) };
        let address = format!("{a}.{b}.{c}.{d}:{}", u16::from_be_bytes([high, low]));
        log.push(format!("{} {address}", credentials.join(":")));
        let mut onward = TcpStream::connect(address).await?;
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
        copy_bidirectional(&mut stream, &mut onward).await?;
        Ok(())
    }
    Receiver::serving(|stream, log| async move {
        let _ = serve(stream, log).await;
    })
    .await
}

fn through(proxy: &str, no_proxy: &[&str]) -> Client {
    let no_proxy = no_proxy.iter().map(|entry| (*entry).to_owned()).collect();
    Client::new(&Settings { proxy: Some(proxy.to_owned()), no_proxy, ..settings() }).unwrap()
}

#[tokio::test]
async fn a_connect_proxy_is_told_the_address_and_the_receiver_the_name() {
    let receiver = Receiver::answering(OK).await;
    let proxy = connect_proxy().await;
    let client = through(&format!("http://us%40er:secret@127.0.0.1:{}", proxy.port), &[]);
    let port = receiver.port;
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(answer(client.send(post(&format!("http://{host}:{port}/x"))).await).status, 200, "{host}");
    }
    let asked = proxy.log.requests();
    // The name may also stand for ::1, where nobody listens.
    for asked in &asked {
        assert!(!asked.contains("localhost"), "{asked}");
        assert!(asked.contains("\r\nProxy-Authorization: Basic dXNAZXI6c2VjcmV0\r\n"), "{asked}");
    }
    for asked in [&asked[0], &asked[asked.len() - 1]] {
        assert!(asked.starts_with(&format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n")), "{asked}");
    }
    let requests = receiver.log.requests();
    assert!(requests[1].starts_with("POST /x HTTP/1.1\r\n"), "{}", requests[1]);
    assert!(requests[1].contains(&format!("\r\nhost: localhost:{port}\r\n")), "{}", requests[1]);
    assert!(!requests.concat().to_ascii_lowercase().contains("proxy"));
}

#[tokio::test]
async fn a_socks_proxy_is_told_the_address_and_the_credentials() {
    let receiver = Receiver::answering(OK).await;
    let proxy = socks_proxy().await;
    let client = through(&format!("socks5://user:secret@127.0.0.1:{}", proxy.port), &[]);
    assert_eq!(answer(client.send(post(&receiver.url())).await).status, 200);
    assert_eq!(proxy.log.requests(), [format!("user:secret 127.0.0.1:{}", receiver.port)]);
}

#[tokio::test]
async fn refused_addresses_stay_refused_behind_a_proxy_that_is_private_itself() {
    for proxy in [connect_proxy().await, socks_proxy().await] {
        for scheme in ["http", "socks5"] {
            let settings = Settings {
                proxy: Some(format!("{scheme}://127.0.0.1:{}", proxy.port)),
                ..Settings::default()
            };
            let client = Client::new(&settings).unwrap();
            for url in
                ["http://10.0.0.1/", "http://localhost:8080/", "https://[::1]/", "http://169.254.169.254/"]
            {
                assert_eq!(failure(client.send(post(url)).await).class, ErrorClass::Blocked, "{url}");
            }
        }
        assert_eq!(proxy.log.connections(), 0);
    }
}

#[tokio::test]
async fn hosts_in_no_proxy_are_called_directly() {
    let receiver = Receiver::answering(OK).await;
    let port = receiver.port;
    for (entries, host, direct) in [
        (&["localhost"][..], "localhost", true),
        (&["LocalHost"], "localhost", true),
        (&[".localhost"], "localhost", true),
        (&["127.0.0.0/8"], "127.0.0.1", true),
        (&["127.0.0.1"], "127.0.0.1", true),
        (&["*"], "127.0.0.1", true),
        (&["host"], "localhost", false),
        (&[".host", "10.0.0.0/8"], "127.0.0.1", false),
        (&["127.0.0.0/8"], "localhost", false),
        (&[], "localhost", false),
    ] {
        // A proxy that nobody can reach.
        let exchange =
            through("http://127.0.0.1:1", entries).send(post(&format!("http://{host}:{port}/"))).await;
        if direct {
            assert_eq!(answer(exchange).status, 200, "{entries:?} {host}");
        } else {
            let failure = failure(exchange);
            assert_eq!((failure.class, failure.fault), (ErrorClass::Connect, Fault::Ours));
            assert!(failure.detail.starts_with("The proxy could not be reached: "), "{failure}");
        }
    }
}

/// What comes of a call to each of these addresses, where nobody listens, in turn.
async fn calls(client: &Client, addresses: &[&str]) -> Vec<Failure> {
    let mut failures = Vec::new();
    for address in addresses {
        let failure = failure(client.send(post(&format!("http://{address}:9/"))).await);
        assert_eq!(failure.class, ErrorClass::Connect, "{failure}");
        failures.push(failure);
    }
    failures
}

const THREE: [&str; 3] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

#[tokio::test]
async fn a_proxy_that_makes_no_connection_is_to_blame_unless_it_speaks_of_the_destination() {
    let (ours, theirs) = ([Fault::Ours; 3], [Fault::Receiver; 3]);
    // What may be either is the destination's, until the proxy fails for several and serves none.
    let either = [Fault::Receiver, Fault::Receiver, Fault::Ours];
    for (text, detail, faults) in [
        ("HTTP/1.1 407 X\r\nContent-Length: 3\r\n\r\nabc", "status 407", ours),
        ("HTTP/1.1 502 X\r\n\r\n", "status 502", theirs),
        ("HTTP/1.1 504 X\r\nContent-Length: 3\r\n\r\nabc", "status 504", theirs),
        ("HTTP/1.0 503 X\r\n\r\n", "status 503", either),
        ("HTTP/1.1 403 X\r\n\r\n", "status 403", either),
        ("hello\r\n\r\n", "invalid HTTP version parsed", either),
        ("HTTP/1.1 200 X\r\n\r\nearly", "data came before the request", either),
    ] {
        let proxy = Receiver::answering(text).await;
        let client = through(&format!("http://127.0.0.1:{}", proxy.port), &[]);
        let failures = calls(&client, &THREE).await;
        assert_eq!(failures.iter().map(|failure| failure.fault).collect::<Vec<_>>(), faults, "{text}");
        let expected = format!("The proxy did not make the connection: {detail}.");
        assert!(failures.iter().all(|failure| failure.detail == expected), "{failures:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_serves_others_is_not_to_blame_for_what_may_be_either() {
    let receiver = Receiver::answering(OK).await;
    let proxy = Receiver::serving(|mut stream, log| async move {
        let Some(request) = read_request(&mut stream, &log).await else { return };
        if request.contains(":9 ") {
            let _ = stream.write_all(b"HTTP/1.1 503 X\r\n\r\n").await;
            return;
        }
        let address = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let Ok(mut onward) = TcpStream::connect(address).await else { return };
        let _ = stream.write_all(b"HTTP/1.0 200 X\r\n\r\n").await;
        let _ = copy_bidirectional(&mut stream, &mut onward).await;
    })
    .await;
    let client = through(&format!("http://127.0.0.1:{}", proxy.port), &[]);
    assert_eq!(calls(&client, &THREE).await[2].fault, Fault::Ours);
    assert_eq!(answer(client.send(post(&receiver.url())).await).status, 200);
    let failures = calls(&client, &["127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"]).await;
    assert!(failures.iter().all(|failure| failure.fault == Fault::Receiver), "{failures:?}");
}

#[tokio::test]
async fn a_proxy_that_takes_too_long_is_to_blame_when_it_does_for_several_hosts() {
    let proxy = Receiver::serving(|mut stream, log| async move {
        read_request(&mut stream, &log).await;
        std::future::pending::<()>().await;
    })
    .await;
    let proxy = Some(format!("http://127.0.0.1:{}", proxy.port));
    let settings = Settings { proxy, connect_timeout: Duration::from_millis(50), ..settings() };
    let client = Client::new(&settings).unwrap();
    let mut faults = Vec::new();
    for address in THREE {
        let failure = failure(client.send(post(&format!("http://{address}:9/"))).await);
        assert_eq!(failure.class, ErrorClass::Timeout, "{failure}");
        assert_eq!(failure.detail, "Connecting took longer than 50ms.");
        faults.push(failure.fault);
    }
    assert_eq!(faults, [Fault::Receiver, Fault::Receiver, Fault::Ours]);
}

#[tokio::test]
async fn a_proxy_that_takes_no_connection_is_to_blame_at_once() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts, so after two connections the system ignores whoever knocks.
    let mut knocking: Vec<_> = (0..16).map(|_| Box::pin(TcpStream::connect(address))).collect();
    let _taken: Vec<_> = knocking.iter_mut().map(FutureExt::now_or_never).collect();
    let settings = Settings {
        proxy: Some(format!("http://{address}")),
        connect_timeout: Duration::from_millis(200),
        ..settings()
    };
    let client = Client::new(&settings).unwrap();
    let early = Request { deadline: Duration::from_millis(100), ..post("http://127.0.0.1:9/") };
    for (request, detail) in [
        (post("http://127.0.0.1:9/"), "Connecting to the proxy took longer than 200ms."),
        (early, "Connecting to the proxy was not done when the time limit of 100ms was over."),
    ] {
        let failure = failure(client.send(request).await);
        assert_eq!((&failure.detail[..], failure.fault), (detail, Fault::Ours));
        assert_eq!(failure.class, ErrorClass::Timeout);
    }
}

#[tokio::test]
async fn a_socks_proxys_refusals_are_told_apart() {
    let (ours, theirs) = ([Fault::Ours; 3], [Fault::Receiver; 3]);
    let either = [Fault::Receiver, Fault::Receiver, Fault::Ours];
    for (method, code, detail, faults) in [
        (0xff, 0, "server does not support user/pass authentication", ours),
        (2, 0, "server implements authentication incorrectly", ours),
        (0, 7, "command not supported", ours),
        (0, 3, "network unreachable", theirs),
        (0, 4, "host unreachable", theirs),
        (0, 5, "connection refused", theirs),
        (0, 6, "ttl expired", theirs),
        (0, 1, "general server failure", either),
        (0, 2, "connection not allowed", either),
        (0, 8, "address type not supported", either),
    ] {
        let proxy = Receiver::serving(move |mut stream, _| async move {
            let _ = stream.read_exact(&mut [0; 3]).await;
            let _ = stream.write_all(&[5, method]).await;
            let _ = stream.read_exact(&mut [0; 10]).await;
            let _ = stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await;
        })
        .await;
        let client = through(&format!("socks5://127.0.0.1:{}", proxy.port), &[]);
        let failures = calls(&client, &THREE).await;
        assert_eq!(failures.iter().map(|failure| failure.fault).collect::<Vec<_>>(), faults, "{detail}");
        let expected = format!("The proxy did not make the connection: {detail}.");
        assert!(failures.iter().all(|failure| failure.detail == expected), "{failures:?}");
    }
}

//! Calls through a proxy: it is told vetted addresses, never names.

use hookwire_core::outcome::ErrorClass;
use hookwire_outbound::{Client, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

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
    assert!(requests[1].contains(&format!("\r\nHost: localhost:{port}\r\n")), "{}", requests[1]);
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
            assert_eq!(
                (failure.class, &failure.detail[..]),
                (ErrorClass::Connect, "The proxy could not be reached.")
            );
        }
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_a_connect_failure() {
    for (text, detail) in [
        ("HTTP/1.1 407 X\r\n\r\n", "The proxy did not make the connection: proxy authorization required."),
        ("HTTP/1.1 502 X\r\n\r\n", "The proxy did not make the connection: unsuccessful."),
        ("hello\r\n\r\n", "The proxy did not make the connection: unsuccessful."),
    ] {
        let proxy = Receiver::answering(text).await;
        let client = through(&format!("http://127.0.0.1:{}", proxy.port), &[]);
        let failure = failure(client.send(post("http://127.0.0.1:9/")).await);
        assert_eq!((failure.class, &failure.detail[..]), (ErrorClass::Connect, detail));
    }
}

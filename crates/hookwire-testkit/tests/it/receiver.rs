//! The receiver records exactly what came and does exactly what its script says.

use std::time::Duration;

use hookwire_testkit::{Gate, Receiver, Reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const POST: &[u8] = b"POST /hook?a=1 HTTP/1.1\r\nHost: x\r\nX-Odd-CASE: v\r\nContent-Length: 5\r\n\r\nhel\0o";

async fn connect(receiver: &Receiver) -> TcpStream {
    TcpStream::connect(receiver.address()).await.expect("the receiver listens")
}

/// Sends one request on a new connection and returns what came until the receiver closed it.
async fn exchange(receiver: &Receiver, request: &[u8]) -> Result<String, std::io::ErrorKind> {
    let mut stream = connect(receiver).await;
    stream.write_all(request).await.expect("the receiver reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(|error| error.kind())?;
    Ok(String::from_utf8(answer).expect("scripts here are ASCII"))
}

#[tokio::test]
async fn a_request_is_recorded_as_it_was_sent() {
    let receiver = Receiver::start().await;
    let mut stream = connect(&receiver).await;
    stream.write_all(POST).await.expect("the receiver reads");
    let seen = receiver.wait_for("/hook", 1).await.remove(0);
    assert_eq!((seen.method.as_str(), seen.query.as_str()), ("POST", "a=1"));
    assert_eq!(seen.headers[1], ("X-Odd-CASE".to_owned(), "v".to_owned()));
    assert_eq!(seen.header("x-odd-case"), "v");
    assert_eq!(&seen.body[..], b"hel\0o");
    assert_eq!(seen.connection, 1);
}

#[tokio::test]
async fn a_chunked_body_is_put_together() {
    let receiver = Receiver::start().await;
    let mut stream = connect(&receiver).await;
    let request =
        b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    stream.write_all(request).await.expect("the receiver reads");
    assert_eq!(receiver.wait_for("/c", 1).await[0].text(), "abcde");
}

#[tokio::test]
async fn replies_follow_the_script_and_the_last_one_stays() {
    let receiver = Receiver::start().await;
    receiver.script("/hook", [Reply::status(500), Reply::status(204)]);
    let request = [&POST[..POST.len() - 26], b"Connection: close\r\nContent-Length: 0\r\n\r\n"].concat();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(exchange(&receiver, &request).await.expect("an answer")[9..12].to_owned());
    }
    assert_eq!(statuses, ["500", "204", "204"]);
    assert_eq!(receiver.connections(), 3);
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let receiver = Receiver::start().await;
    let mut stream = connect(&receiver).await;
    stream.write_all(&[POST, POST].concat()).await.expect("the receiver reads");
    let seen = receiver.wait_for("/hook", 2).await;
    assert_eq!([seen[0].connection, seen[1].connection], [1, 1]);
}

#[tokio::test]
async fn a_held_answer_comes_when_the_gate_opens() {
    let receiver = Receiver::start().await;
    let gate = Gate::closed();
    receiver.script("/hook", [Reply::ok().held_by(&gate)]);
    let mut stream = connect(&receiver).await;
    stream.write_all(POST).await.expect("the receiver reads");
    receiver.wait_for("/hook", 1).await;
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut byte)).await;
    assert!(early.is_err(), "nothing may come before the gate opens");
    gate.open();
    assert_eq!(stream.read(&mut byte).await.expect("an answer"), 1);
}

#[tokio::test]
async fn broken_answers_are_broken_as_asked() {
    let receiver = Receiver::start().await;
    receiver.script(
        "/hook",
        [
            Reply::cut(),
            Reply::ok().body("abcd").cut_halfway(),
            Reply::raw("HELLO\n"),
            Reply::reset(),
            Reply::status(200).dripped(Duration::from_millis(1)).header("Connection", "close"),
        ],
    );
    assert_eq!(exchange(&receiver, POST).await, Ok(String::new()));
    let half = "HTTP/1.1 200 Scripted\r\nContent-Length: 4\r\n\r\nab".to_owned();
    assert_eq!(exchange(&receiver, POST).await, Ok(half));
    assert_eq!(exchange(&receiver, POST).await, Ok("HELLO\n".to_owned()));
    assert_eq!(exchange(&receiver, POST).await, Err(std::io::ErrorKind::ConnectionReset));
    let closing = [&POST[..POST.len() - 26], b"Connection: close\r\nContent-Length: 0\r\n\r\n"].concat();
    let dripped = exchange(&receiver, &closing).await.expect("an answer");
    assert!(dripped.ends_with("Connection: close\r\nContent-Length: 0\r\n\r\n"), "{dripped:?}");
}

#[tokio::test]
#[should_panic(expected = "unexpected request")]
async fn quiet_is_broken_by_a_request() {
    let receiver = Receiver::start().await;
    let sender = connect(&receiver);
    let ((), ()) = tokio::join!(receiver.expect_quiet(Duration::from_secs(10)), async {
        sender.await.write_all(POST).await.expect("the receiver reads");
    });
}

#[tokio::test]
async fn a_tls_receiver_is_trusted_through_its_authority() {
    use rustls_pki_types::pem::PemObject;
    let receiver = Receiver::start_tls().await;
    let mut roots = rustls::RootCertStore::empty();
    let ca = rustls_pki_types::CertificateDer::from_pem_slice(receiver.ca_pem().as_bytes()).expect("PEM");
    roots.add(ca).expect("a certificate authority");
    let provider = rustls::crypto::aws_lc_rs::default_provider().into();
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let name = "127.0.0.1".try_into().expect("an address is a server name");
    let mut stream = connector.connect(name, connect(&receiver).await).await.expect("a handshake");
    stream.write_all(POST).await.expect("the receiver reads");
    assert_eq!(receiver.wait_for("/hook", 1).await.len(), 1);
}

//! A client that begins a body and does not end it.

use hookwire_testkit::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn an_unfinished_body_gets_a_408_and_the_connection_is_closed() {
    let server = Server::builder().env("HOOKWIRE_API_BODY_TIMEOUT", "300ms").start().await;
    let mut stream = TcpStream::connect(server.url().replace("http://", "")).await.unwrap();
    let token = server.token();
    let head = format!(
        "POST /api/v1/app HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {token}\r\ncontent-length: 20\r\n\r\n{{\"name\":"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close") && answer.contains("request_timeout"), "{answer}");
}
